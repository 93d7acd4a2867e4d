import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CronError, nextCronMs, parseCron } from '#lib/cron.ts';

function next(text: string, after: string, zone?: string): string | undefined {
  const ms = nextCronMs(parseCron(text), Date.parse(after), zone);
  return ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16);
}

test('the next time that a schedule names', () => {
  assert.equal(next('* * * * *', '2026-01-01T00:00:30Z'), '2026-01-01T00:01');
  assert.equal(next('*/15 9-17 * * mon-fri', '2026-01-02T17:50:00Z'), '2026-01-05T09:00');
  assert.equal(next('0 0 13 * 5', '2026-01-01T00:00:00Z'), '2026-01-02T00:00');
  assert.equal(next('0 0 29 2 *', '2026-01-01T00:00:00Z'), '2028-02-29T00:00');
  assert.equal(next('@monthly', '2026-01-31T12:00:00Z'), '2026-02-01T00:00');
  assert.equal(next('@every 90m', '2026-01-01T00:00:00Z'), '2026-01-01T01:30');
  assert.equal(next('0 0 30 2 *', '2026-01-01T00:00:00Z'), undefined);
});

test('on the clocks of a time zone, also when they are put forward and back', () => {
  assert.equal(next('30 9 * * *', '2026-06-01T00:00:00Z', 'Asia/Kolkata'), '2026-06-01T04:00');
  assert.equal(next('30 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin'), '2026-03-30T00:30');
  assert.equal(next('30 2 * * *', '2026-10-24T12:00:00Z', 'Europe/Berlin'), '2026-10-25T00:30');
});

test('what is no schedule is refused', () => {
  for (const text of ['* * * *', '60 * * * *', '5-1 * * * *', '*/0 * * * *', 'x * * * *', '@sometimes']) {
    assert.throws(() => parseCron(text), CronError);
  }
});

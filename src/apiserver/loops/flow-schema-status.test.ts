import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowSchema } from '#api/flowcontrol/flow-schema.ts';
import type { PriorityLevelConfiguration } from '#api/flowcontrol/priority-level-configuration.ts';
import { startFlowSchemaStatus } from '#apiserver/loops/flow-schema-status.ts';
import type { Clock } from '#lib/clock.ts';
import { memoryObjects } from '#testing/objects.ts';

test('a flow schema says whether its priority level is there, and says it anew only when that changes', async () => {
  const flowSchemas = memoryObjects<FlowSchema>();
  const priorityLevels = memoryObjects<PriorityLevelConfiguration>({ metadata: { name: 'there' } });
  let nowMs = 0;
  const seen: string[] = [];
  const writer = {
    async applyStatus(_: unknown, manager: string, { metadata, status: given }: FlowSchema) {
      const { status, reason, message, lastTransitionTime } = given!.conditions![0]!;
      assert.equal(manager, 'api-priority-and-fairness-config-consumer-v1');
      seen.push(`${status} ${reason} ${lastTransitionTime} ${message}`);
      flowSchemas.put({ ...flowSchemas.get('', metadata!.name!)!, status: given });
    },
  };
  const clock = { nowMs: () => nowMs } as Clock;
  startFlowSchemaStatus({ flowSchemas, priorityLevels, writer, clock, onError: error => assert.fail(String(error)) });
  flowSchemas.put({
    metadata: { name: 'f' },
    spec: { priorityLevelConfiguration: { name: 'there' }, matchingPrecedence: 1 },
  });
  nowMs = 60_000;
  priorityLevels.put({ metadata: { name: 'there', labels: { a: 'b' } } });
  priorityLevels.remove('', 'there');
  priorityLevels.put({ metadata: { name: 'there' } });
  await Promise.resolve();
  const object = 'This FlowSchema references the PriorityLevelConfiguration object named "there"';
  assert.deepEqual(seen, [
    `False Found 1970-01-01T00:00:00Z ${object} and it exists`,
    `True NotFound 1970-01-01T00:01:00Z ${object} but there is no such object`,
    `False Found 1970-01-01T00:01:00Z ${object} and it exists`,
  ]);
});

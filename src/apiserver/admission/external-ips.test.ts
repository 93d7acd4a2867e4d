import assert from 'node:assert/strict';
import { test } from 'node:test';
import { externalIps } from '#apiserver/admission/external-ips.ts';
import { admissionRequest } from '#testing/admission.ts';

test('who may write Services may not thereby take over traffic to any address', () => {
  let may = false;
  const plugin = externalIps({
    authorize: (_, { verb, resource }) => ({
      decision: may && verb === 'set-external-ips' && resource === 'services' ? 'allow' : 'no-opinion',
      reason: '',
    }),
  });
  const service = (...ips: string[]) => ({ metadata: { namespace: 'a', name: 's' }, spec: { externalIPs: ips } });
  const write = (object: object, old?: object) =>
    plugin.validate?.(admissionRequest({ resource: 'services', object, old, ...(old && { operation: 'UPDATE' }) }));
  assert.throws(() => write(service('8.8.8.8')), {
    message:
      'services "s" is forbidden: user "jane" needs the verb "set-external-ips" on services to add spec.externalIPs (8.8.8.8)',
  });
  assert.throws(() => write(service('1.1.1.1', '8.8.8.8'), service('1.1.1.1')));
  write(service());
  write(service('1.1.1.1'), service('1.1.1.1', '8.8.8.8'));
  may = true;
  write(service('8.8.8.8'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/core/pod.ts';
import { usedOf } from '#controllers/resourcequota/controller.ts';

const core = (plural: string) => ({ group: '', plural });
const pod = (resources: object, more: object = {}): Pod => ({
  spec: { containers: [{ name: 'c', image: 'i', resources }], ...more },
  status: { phase: 'Running' },
});

test('amounts, counts and names of storage classes are added up; what is not limited is left out', () => {
  const hard = {
    pods: '5',
    'requests.cpu': '2',
    'limits.memory': '1Gi',
    'count/pods': '9',
    'services.nodeports': '2',
    'gold.storageclass.storage.k8s.io/requests.storage': '9Gi',
    'count/deployments.apps': '2',
  };
  const objects = [
    [core('pods'), pod({ requests: { cpu: '250m' }, limits: { memory: '128Mi' } })],
    [core('pods'), pod({ requests: { cpu: '1' }, limits: { memory: '128Mi' } })],
    [core('pods'), { ...pod({ requests: { cpu: '1' } }), status: { phase: 'Succeeded' } }],
    [core('services'), { spec: { type: 'NodePort', ports: [{ port: 80 }, { port: 81 }] } }],
    [
      core('persistentvolumeclaims'),
      { spec: { storageClassName: 'gold', resources: { requests: { storage: '3Gi' } } } },
    ],
    [{ group: 'apps', plural: 'deployments' }, {}],
  ] as const;
  assert.deepEqual(usedOf({ spec: { hard } }, objects, 0), {
    pods: '2',
    'requests.cpu': '1250m',
    'limits.memory': '256Mi',
    'count/pods': '3',
    'services.nodeports': '2',
    'gold.storageclass.storage.k8s.io/requests.storage': '3Gi',
    'count/deployments.apps': '1',
  });
});

test('scopes tell Pods apart', () => {
  const objects = [
    [core('pods'), pod({})],
    [core('pods'), pod({ requests: { cpu: '1' } }, { activeDeadlineSeconds: 9, priorityClassName: 'high' })],
  ] as const;
  const count = (scopes: string[]) => usedOf({ spec: { hard: { pods: '9' }, scopes } }, objects, 0)['pods'];
  assert.deepEqual(
    [count(['BestEffort']), count(['Terminating']), count(['NotBestEffort', 'NotTerminating'])],
    ['1', '1', '0'],
  );
  const matchExpressions = [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }];
  assert.equal(usedOf({ spec: { hard: { pods: '9' }, scopeSelector: { matchExpressions } } }, objects, 0)['pods'], '1');
});

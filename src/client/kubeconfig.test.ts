import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKubeconfig } from '#client/kubeconfig.ts';

const text = `
apiVersion: v1
kind: Config
current-context: dev
contexts:
- {name: dev, context: {cluster: one, user: admin, namespace: team}}
- {name: bare, context: {cluster: two}}
- {name: broken, context: {cluster: three}}
clusters:
- {name: one, cluster: {server: "https://127.0.0.1:6443/", certificate-authority-data: Y2E=}}
- {name: two, cluster: {server: "https://two", certificate-authority: ca.crt}}
users:
- {name: admin, user: {client-certificate-data: Y2VydA==, client-key: admin.key, as: jane, as-groups: [dev]}}
`;

test('the current context names server, trust and user; files are read through the function', () => {
  const config = parseKubeconfig(text, { readFile: path => `<${path}>` });
  assert.equal(config.server, 'https://127.0.0.1:6443');
  assert.deepEqual([config.caPem, config.certificatePem, config.keyPem], ['ca', 'cert', '<admin.key>']);
  assert.deepEqual([config.namespace, config.impersonate?.user, config.impersonate?.groups], ['team', 'jane', ['dev']]);
  const bare = parseKubeconfig(text, { context: 'bare', readFile: path => `<${path}>` });
  assert.deepEqual([bare.caPem, bare.namespace, bare.certificatePem], ['<ca.crt>', 'default', undefined]);
});

test('what is missing is named', () => {
  const read = (context: string) => () => parseKubeconfig(text, { context, readFile: () => '' });
  assert.throws(read('nope'), /Cannot find the context "nope"/);
  assert.throws(read('broken'), /Cannot find the cluster "three"/);
});

/** Every namespace has a ConfigMap with the certificate by which Pods know the API server. */

import type { ConfigMap } from '#api/core/config-map.ts';
import { configMaps } from '#api/core/config-map.ts';
import type { Namespace } from '#api/core/namespace.ts';
import { namespaces } from '#api/core/namespace.ts';
import { isAlreadyExists, isNamespaceTerminating } from '#client/api-error.ts';
import type { Stored } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done } from '#loop/controller.ts';
import { sameJson } from '#loop/same.ts';

const name = 'kube-root-ca.crt';
const annotations = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

export function rootCaController({ client, informers }: ControllerDeps, rootCaPem: string): Controller {
  const all = informers.of(namespaces);
  const maps = informers.of(configMaps, { fieldSelector: `metadata.name=${name}` });
  const data = { 'ca.crt': rootCaPem };
  return {
    name: 'root-ca-certificate-publisher-controller',
    reads: [all, maps],
    wake(queue) {
      const wakeNamespace = ({ metadata }: Stored<Namespace>) => queue.add(metadata.name);
      all.on({ add: wakeNamespace, update: (_, namespace) => wakeNamespace(namespace) });
      const wakeMap = ({ metadata }: Stored<ConfigMap>) => queue.add(metadata.namespace ?? '');
      maps.on({ update: (_, map) => wakeMap(map), delete: wakeMap });
    },
    async reconcile(namespace) {
      const owner = all.byKey(namespace);
      if (owner === undefined || owner.metadata.deletionTimestamp) return done;
      const map = maps.get(namespace, name);
      if (map === undefined) {
        try {
          await client.create(configMaps, { metadata: { namespace, name, annotations }, data });
        } catch (error) {
          if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
        }
        return done;
      }
      const noted = { ...map.metadata.annotations, ...annotations };
      if (sameJson(map.data, data) && sameJson(map.metadata.annotations, noted)) return done;
      await client.update(configMaps, { ...map, metadata: { ...map.metadata, annotations: noted }, data });
      return done;
    },
  };
}

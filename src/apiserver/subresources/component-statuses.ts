/** `componentstatuses`: nothing is stored, the answer says what the parts of this control plane are doing. */

import { negotiate } from '#apiserver/negotiate.ts';
import { objectChoices, send, sendObject } from '#apiserver/reply.ts';
import type { VerbHandlers } from '#apiserver/request.ts';
import { methodNotSupportedError, notFoundError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** They live and end with the server that answers: whoever hears from it finds them well. */
const components = ['controller-manager', 'scheduler', 'etcd-0'];

function statusOf(name: string): AnyJson {
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
  };
}

export const componentStatusHandlers: VerbHandlers = {
  get(request) {
    const { name } = request.info;
    // Upstream names the singular here.
    if (!components.includes(name)) throw notFoundError({ group: '', resource: 'componentstatus' }, name);
    sendObject(request, 200, statusOf(name), negotiate(request.exchange.headers, objectChoices));
  },
  list(request) {
    const { media } = negotiate(request.exchange.headers, { transformations: [] });
    const items = components.map(name => {
      const { kind: _, apiVersion: __, ...item } = statusOf(name);
      return item;
    });
    const list = { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items };
    send(request, 200, list, undefined, media === 'protobuf' ? 'json' : media);
  },
  watch() {
    throw methodNotSupportedError('componentstatuses', 'watch');
  },
};

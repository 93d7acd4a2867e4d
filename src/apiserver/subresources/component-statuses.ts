/** `componentstatuses`: nothing is stored, the answer says what the parts of this control plane are doing. */

import { negotiate } from '#apiserver/negotiate.ts';
import { objectChoices, send, sendObject, sendTable } from '#apiserver/reply.ts';
import type { VerbHandlers } from '#apiserver/request.ts';
import { nameColumn } from '#apiserver/resources/columns.ts';
import type { Column } from '#apiserver/resources/strategy.ts';
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

const healthOf = (object: AnyJson) => object.conditions.find((each: AnyJson) => each.type === 'Healthy');

const columns: readonly Column<AnyJson>[] = [
  nameColumn,
  {
    name: 'Status',
    type: 'string',
    cell: object => (healthOf(object).status === 'True' ? 'Healthy' : 'Unhealthy'),
  },
  { name: 'Message', type: 'string', cell: object => healthOf(object).message ?? '' },
  { name: 'Error', type: 'string', cell: object => healthOf(object).error ?? '' },
];

export const componentStatusHandlers: VerbHandlers = {
  get(request) {
    const { name } = request.info;
    // Upstream names the singular here.
    if (!components.includes(name)) throw notFoundError({ group: '', resource: 'componentstatus' }, name);
    const accepted = negotiate(request.exchange.headers, objectChoices);
    if (accepted.as === 'Table') sendTable(request, [statusOf(name)], columns, {}, accepted);
    else sendObject(request, 200, statusOf(name), accepted);
  },
  list(request) {
    const accepted = negotiate(request.exchange.headers, { transformations: ['Table'] });
    if (accepted.as === 'Table') return sendTable(request, components.map(statusOf), columns, {}, accepted);
    const items = components.map(name => {
      const { kind: _, apiVersion: __, ...item } = statusOf(name);
      return item;
    });
    const list = { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items };
    send(request, 200, list, undefined, accepted.media === 'protobuf' ? 'json' : accepted.media);
  },
  watch() {
    throw methodNotSupportedError('componentstatuses', 'watch');
  },
};

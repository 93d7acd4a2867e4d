/** Says of each FlowSchema whether the priority level that it sends requests to is there (its condition `Dangling`). */

import { type FlowSchema, type FlowSchemaCondition, flowSchemas } from '#api/flowcontrol/flow-schema.ts';
import type { PriorityLevelConfiguration } from '#api/flowcontrol/priority-level-configuration.ts';
import type { StatusApplier } from '#apiserver/authz/bootstrap/reconcile.ts';
import type { Objects } from '#apiserver/objects.ts';
import { type Clock, rfc3339 } from '#lib/clock.ts';
import { ApiError } from '#machinery/api-error.ts';
import { quote } from '#machinery/validation/field-error.ts';

export interface FlowSchemaStatusDeps {
  readonly flowSchemas: Objects<FlowSchema>;
  readonly priorityLevels: Objects<PriorityLevelConfiguration>;
  readonly writer: StatusApplier;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** The name under which upstream says it. */
const manager = 'api-priority-and-fairness-config-consumer-v1';

/** Follows both kinds from now on. */
export function startFlowSchemaStatus(deps: FlowSchemaStatusDeps): void {
  const check = (schema: FlowSchema) => {
    const exists = deps.priorityLevels.get('', levelOf(schema)) !== undefined;
    const condition = danglingCondition(schema, exists, deps.clock.nowMs());
    if (condition === undefined) return;
    const config = { metadata: { name: schema.metadata?.name }, status: { conditions: [condition] } };
    deps.writer.applyStatus(flowSchemas, manager, config).catch(error => {
      // What is gone needs no status.
      const isGone = error instanceof ApiError && error.reason === 'NotFound';
      if (!isGone) deps.onError(error);
    });
  };
  deps.priorityLevels.onChange(({ before, after }) => {
    if (before !== undefined && after !== undefined) return;
    const name = (after ?? before)?.metadata?.name;
    for (const schema of deps.flowSchemas.list()) if (levelOf(schema) === name) check(schema);
  });
  deps.flowSchemas.onChange(({ after }) => {
    if (after !== undefined) check(after);
  });
}

function levelOf(schema: FlowSchema): string {
  return schema.spec?.priorityLevelConfiguration?.name ?? '';
}

/** The condition as it must be; undefined when it is so already. */
export function danglingCondition(schema: FlowSchema, exists: boolean, nowMs: number): FlowSchemaCondition | undefined {
  const before = schema.status?.conditions?.find(each => each.type === 'Dangling');
  const status = exists ? 'False' : 'True';
  const reference = 'This FlowSchema references the PriorityLevelConfiguration object named';
  const level = quote(levelOf(schema));
  const message = exists ? `${reference} ${level} and it exists` : `${reference} ${level} but there is no such object`;
  const reason = exists ? 'Found' : 'NotFound';
  if (before?.status === status && before.reason === reason && before.message === message) return undefined;
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : rfc3339(nowMs);
  return { type: 'Dangling', status, lastTransitionTime, reason, message };
}

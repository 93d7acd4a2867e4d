/**
 * managedFields through the `scale` sub-resource: a Scale shows those of its parent that own the replicas, as owners of
 * `spec.replicas` in its own version; what a write to it makes of them goes back to the parent.
 *
 * parent  deployer Update apps/v1 {replicas, template}   a Scale is updated by hpa:
 * scale   deployer Update autoscaling/v1 {replicas}   →   hpa Update autoscaling/v1 scale {replicas}
 * parent  deployer Update apps/v1 {template}, hpa Update apps/v1 scale {replicas}
 */

import { difference, hasPath, isEmptySet, setOfFields } from '#machinery/apply/field-set.ts';
import type { Manager } from '#machinery/apply/managers.ts';
import { readManagers, withFields, writeManagers } from '#machinery/apply/managers.ts';
import type { ManagedFieldsEntry } from '#machinery/meta.ts';

const scaleApiVersion = 'autoscaling/v1';
const scaleFields = setOfFields([['spec', 'replicas']]);
const scalePath = ['f:spec', 'f:replicas'];

export interface ScaledParent {
  readonly managedFields: readonly ManagedFieldsEntry[] | undefined;
  readonly apiVersion: string;
  /** Where the parent keeps its replicas: `['spec', 'replicas']`. */
  readonly replicas: readonly string[];
}

/** The managedFields of the Scale that is read from the parent. */
export function managersOfScale({ managedFields, replicas }: ScaledParent): ManagedFieldsEntry[] | undefined {
  const owners = readManagers(managedFields).filter(manager => owns(manager, replicas));
  return writeManagers(
    owners.map(({ entry: _, ...owner }) => ({ ...owner, apiVersion: scaleApiVersion, fields: scaleFields })),
  );
}

/** The managedFields of the parent after a write to its Scale, which has `written` now. Who is new has no time, as upstream. */
export function managersFromScale(
  parent: ScaledParent,
  written: readonly ManagedFieldsEntry[] | undefined,
): ManagedFieldsEntry[] | undefined {
  const replicas = setOfFields([parent.replicas]);
  const owners = readManagers(written).filter(manager => hasPath(manager.fields, scalePath));
  const before = readManagers(parent.managedFields);
  const kept = before
    .map(manager => {
      const lost = owns(manager, parent.replicas) && !owners.some(owner => isAlike(owner, manager));
      return lost ? withFields(manager, difference(manager.fields, replicas)) : manager;
    })
    .filter(manager => !isEmptySet(manager.fields));
  const fresh = owners
    .filter(owner => !before.some(manager => owns(manager, parent.replicas) && isAlike(owner, manager)))
    .map(
      ({ entry: _, ...owner }): Manager => ({
        ...owner,
        apiVersion: parent.apiVersion,
        time: undefined,
        fields: replicas,
      }),
    );
  return writeManagers([...kept, ...fresh]);
}

function owns(manager: Manager, replicas: readonly string[]): boolean {
  return hasPath(
    manager.fields,
    replicas.map(name => `f:${name}`),
  );
}

/** The same but for the version, which differs between a Scale and its parent. */
function isAlike(a: Manager, b: Manager): boolean {
  return a.name === b.name && a.operation === b.operation && a.subresource === b.subresource;
}

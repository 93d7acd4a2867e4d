/** RuntimeClasses (upstream: registry/node/runtimeclass). */

import { type RuntimeClass, runtimeClasses } from '#api/node/runtime-class.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { inspectOverhead } from '#apiserver/resources/core/pod-resources.ts';
import { inspectTolerations } from '#apiserver/resources/core/pod-scheduling.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { duplicate, type FieldError, type FieldErrors, required } from '#machinery/validation/field-error.ts';
import { checkDns1123Label } from '#machinery/validation/names.ts';
import { validateLabels } from '#machinery/validation/object-meta.ts';

export const runtimeClassStrategy: Strategy<RuntimeClass> = {
  resource: runtimeClasses,
  validateCreate: validate,
  validateUpdate: (object, old) => [
    ...metadataAgain(object.metadata, false),
    ...validate(object),
    ...immutableErrors('handler', object.handler ?? '', old.handler ?? ''),
  ],
  columns: [nameColumn, textColumn<RuntimeClass>('Handler', ({ handler }) => handler), ageColumn],
};

function validate({ handler = '', overhead, scheduling }: RuntimeClass): FieldErrors {
  const errors: FieldError[] = [];
  if (handler === '') errors.push(required('handler'));
  else addProblems(errors, 'handler', handler, checkDns1123Label(handler));
  if (overhead?.podFixed) inspectOverhead(overhead.podFixed, 'overhead', errors);
  if (scheduling === undefined) return errors;
  if (scheduling.nodeSelector) errors.push(...validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector'));
  const tolerations = scheduling.tolerations ?? [];
  inspectTolerations(tolerations, 'scheduling.tolerations', errors);
  const seen = new Set<string>();
  for (const [at, toleration] of tolerations.entries()) {
    const known = seen.size;
    if (seen.add(JSON.stringify(toleration)).size > known) continue;
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds = null } = toleration;
    const shown = { Key: key, Operator: operator, Value: value, Effect: effect, TolerationSeconds: tolerationSeconds };
    errors.push(duplicate(`scheduling.tolerations[${at}]`, shown));
  }
  return errors;
}

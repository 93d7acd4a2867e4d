/** POST pods/NAME/binding: the scheduler's one write. Sets the node, once (upstream: registry/core/pod/storage). */

import { Binding } from '#api/core/binding.ts';
import type { Pod } from '#api/core/pod.ts';
import { decodeAs } from '#apiserver/body.ts';
import { send } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import { admissionRequest } from '#apiserver/verbs/admit.ts';
import { agreeOnNamespace } from '#apiserver/verbs/metadata.ts';
import { writeOptions } from '#apiserver/verbs/options.ts';
import { preconditionFailed, updateStored } from '#apiserver/verbs/write.ts';
import { must } from '#lib/assert.ts';
import { rfc3339 } from '#lib/clock.ts';
import { badRequestError, conflictError, untypedError } from '#machinery/api-error.ts';
import { Status } from '#machinery/meta.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { quote } from '#machinery/validation/field-error.ts';

/** Labels of the node that its Pods carry too (KEP-4742). */
const topologyLabels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

const bindingKind = { group: '', version: 'v1', kind: 'Binding' };

/** POST on the collection `bindings`: the name stands in the body alone. */
export async function bindNamedPod(request: ResourceRequest): Promise<void> {
  const served = must(request.server.resources.find('', 'v1', 'pods'), 'Pods are served');
  const binding = await readBinding(request);
  const name = binding.metadata?.name ?? '';
  const info = { ...request.info, resource: 'pods', subresource: 'binding', name };
  await bind({ ...request, served, info }, binding);
}

export async function bindPod(request: ResourceRequest): Promise<void> {
  await bind(request, await readBinding(request));
}

async function readBinding(request: ResourceRequest): Promise<Binding> {
  const { fieldValidation } = writeOptions(request.query, 'CreateOptions');
  const expected = { schema: Binding, gvk: bindingKind, isKnown: request.server.knowsKind };
  const binding = await decodeAs(request, expected, fieldValidation);
  agreeOnNamespace(request, binding);
  return binding;
}

async function bind(request: ResourceRequest, binding: Binding): Promise<void> {
  const { info, server } = request;
  const options = writeOptions(request.query, 'CreateOptions');
  if (binding.metadata?.name !== info.name) throw badRequestError('name in URL does not match name in Binding object');
  checkTarget(binding);
  const admission = admissionRequest(request, 'CREATE', binding, undefined, options.dryRun);
  await server.admission.mutate(admission);
  await server.admission.validate(admission);
  const key = keyOf(request.served.stored.hub, info.namespace, info.name);
  await updateStored(request, key, { dryRun: options.dryRun }, entry => {
    const pod = entry.object() as Pod;
    checkPreconditions(request, binding, pod, entry.revision, options.dryRun);
    checkPod(request, pod);
    // Nobody is noted as the manager of what a binding sets.
    return { kind: 'put', object: boundPod(request, pod, binding) };
  });
  send(request, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, Status, 'json');
}

function checkTarget({ target }: Binding): void {
  const errors: string[] = [];
  if (target?.kind && target.kind !== 'Node') {
    errors.push(`target.kind: Unsupported value: ${quote(target.kind)}: supported values: "Node", "<empty>"`);
  }
  if (!target?.name) errors.push('target.name: Required value');
  if (errors.length > 0) throw untypedError(errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]`);
}

function checkPreconditions(
  request: ResourceRequest,
  { metadata }: Binding,
  pod: Pod,
  revision: number,
  dryRun: boolean,
): void {
  const { uid, resourceVersion } = metadata ?? {};
  const found = pod.metadata?.uid ?? '';
  if (uid && uid !== found) throw preconditionFailed(request, 'UID', uid, found, dryRun);
  if (resourceVersion && resourceVersion !== String(revision)) {
    throw preconditionFailed(request, 'ResourceVersion', resourceVersion, String(revision), dryRun);
  }
}

function checkPod(request: ResourceRequest, pod: Pod): void {
  const { name } = request.info;
  const refuse = (why: string) => {
    throw conflictError({ group: '', resource: 'pods/binding' }, name, why);
  };
  if (pod.metadata?.deletionTimestamp) refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec?.nodeName) refuse(`pod ${name} is already assigned to node ${quote(pod.spec.nodeName)}`);
  if ((pod.spec?.schedulingGates?.length ?? 0) > 0) refuse(`pod ${name} has non-empty .spec.schedulingGates`);
}

function boundPod(request: ResourceRequest, pod: Pod, binding: Binding): AnyJson {
  const { server } = request;
  const node = server.resources.find('', 'v1', 'nodes')?.stored.cache.get(binding.target.name ?? '');
  const nodeLabels = node?.index.labels ?? {};
  const labels: Record<string, string> = { ...pod.metadata?.labels, ...binding.metadata?.labels };
  for (const name of topologyLabels) {
    if (nodeLabels[name] !== undefined) labels[name] = nodeLabels[name];
  }
  const annotations = { ...pod.metadata?.annotations, ...binding.metadata?.annotations };
  const metadata: AnyJson = { ...pod.metadata, labels, annotations };
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: rfc3339(server.clock.nowMs()),
  };
  const others = (pod.status?.conditions ?? []).filter(each => each.type !== 'PodScheduled');
  return {
    ...pod,
    metadata,
    spec: { ...pod.spec, nodeName: binding.target.name },
    // The node that was being cleared for it, if any, has done its service.
    status: { ...pod.status, nominatedNodeName: undefined, conditions: [...others, scheduled] },
  };
}

/**
 * POST pods/NAME/eviction: a deletion that disruption budgets may refuse (upstream: registry/core/pod/storage/eviction.go).
 * The budget's allowance is taken by a compare-and-put of its status, so that two evictions never share one.
 */

import type { Pod } from '#api/core/pod.ts';
import { Eviction } from '#api/policy/eviction.ts';
import type { PodDisruptionBudget } from '#api/policy/pod-disruption-budget.ts';
import { decodeAs } from '#apiserver/body.ts';
import { send } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { keyOf, type Served } from '#apiserver/served.ts';
import { admissionRequest } from '#apiserver/verbs/admit.ts';
import { checkPreconditions, deleteObject } from '#apiserver/verbs/delete.ts';
import { trackWrite } from '#apiserver/verbs/managed-fields.ts';
import { agreeOnNamespace } from '#apiserver/verbs/metadata.ts';
import { writeOptions } from '#apiserver/verbs/options.ts';
import { updateStored } from '#apiserver/verbs/write.ts';
import { must } from '#lib/assert.ts';
import { rfc3339 } from '#lib/clock.ts';
import { ApiError, badRequestError, notFoundError, untypedError } from '#machinery/api-error.ts';
import { type DeleteOptions, Status } from '#machinery/meta.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { compileLabelSelector, labelSelectorOf } from '#machinery/selector/label-selector.ts';

const evictionKind = { group: 'policy', version: 'v1', kind: 'Eviction' };

/** Pods that a budget let go and that are not gone yet; beyond it something is wrong with the controller. */
const disruptedPodsMax = 2000;

const wouldViolate = "Cannot evict pod as it would violate the pod's disruption budget.";

export async function evictPod(request: ResourceRequest): Promise<void> {
  const { info, server } = request;
  const options = writeOptions(request.query, 'CreateOptions');
  const expected = { schema: Eviction, gvk: evictionKind, isKnown: server.knowsKind, alsoVersions: ['v1beta1'] };
  const eviction: Eviction = await decodeAs(request, expected, options.fieldValidation);
  agreeOnNamespace(request, eviction);
  if (eviction.metadata?.name !== info.name)
    throw badRequestError('name in URL does not match name in Eviction object');
  const deletion: DeleteOptions = { ...eviction.deleteOptions };
  if (options.dryRun) deletion.dryRun = ['All'];
  const dryRun = (deletion.dryRun ?? []).includes('All');
  const admission = admissionRequest(request, 'CREATE', eviction, undefined, dryRun);
  await server.admission.mutate(admission);
  await server.admission.validate(admission);
  const key = keyOf(request.served.stored.hub, info.namespace, info.name);
  const entry = await request.served.stored.cache.read(key, 'latest');
  if (entry === undefined) throw notFoundError({ group: '', resource: 'pods' }, info.name);
  const pod = entry.object() as Pod;
  if (!mayGoAtOnce(pod)) await takeAllowance(request, pod, dryRun);
  if (!dryRun) await markDisrupted(request, key, deletion);
  // It has a newer version now than the one that was asked for and found.
  const { resourceVersion: _, ...preconditions } = deletion.preconditions ?? {};
  await deleteObject(request, key, { ...deletion, preconditions: dryRun ? deletion.preconditions : preconditions });
  send(request, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, Status, 'json');
}

/** The Pod says why it ends (KEP-3329), before it does. Nobody is noted as the manager of that. */
async function markDisrupted(request: ResourceRequest, key: string, deletion: DeleteOptions): Promise<void> {
  await updateStored(request, key, { dryRun: false }, entry => {
    checkPreconditions(request, entry, deletion);
    const pod = entry.object() as Pod;
    const told = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    };
    return { kind: 'put', object: withCondition(pod, told, request.server.clock.nowMs()) };
  });
}

type Condition = { readonly type: string; readonly status: string; readonly reason: string; readonly message: string };

function withCondition(pod: Pod, told: Condition, nowMs: number): AnyJson {
  const before = pod.status?.conditions ?? [];
  const known = before.find(each => each.type === told.type);
  const since = known?.status === told.status ? known.lastTransitionTime : rfc3339(nowMs);
  const condition = { lastProbeTime: null, ...known, ...told, lastTransitionTime: since };
  const conditions =
    known === undefined ? [...before, condition] : before.map(each => (each === known ? condition : each));
  return { ...pod, status: { ...pod.status, conditions } };
}

/** Nothing is disrupted by the end of a Pod that is over, not bound yet, or on its way out. */
function mayGoAtOnce({ metadata, spec, status }: Pod): boolean {
  const phase = status?.phase ?? '';
  return (
    metadata?.deletionTimestamp !== undefined || !spec?.nodeName || ['Succeeded', 'Failed', 'Pending'].includes(phase)
  );
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(each => each.type === 'Ready' && each.status === 'True') ?? false;
}

function budgetsOf(request: ResourceRequest, pod: Pod): { served: Served; found: PodDisruptionBudget[] } {
  const served = must(request.server.resources.find('policy', 'v1', 'poddisruptionbudgets'), 'budgets are served');
  const found: PodDisruptionBudget[] = [];
  for (const entry of served.stored.cache.entries(request.info.namespace)) {
    const budget = entry.object() as PodDisruptionBudget;
    const matches = compileLabelSelector(labelSelectorOf(budget.spec?.selector));
    if (matches(pod.metadata?.labels ?? {})) found.push(budget);
  }
  return { served, found };
}

async function takeAllowance(request: ResourceRequest, pod: Pod, dryRun: boolean): Promise<void> {
  const { served, found } = budgetsOf(request, pod);
  const [budget] = found;
  if (budget === undefined) return;
  if (found.length > 1) {
    throw untypedError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  if (!isReady(pod) && unreadyMayGo(budget)) return;
  const name = budget.metadata?.name ?? '';
  const nowMs = request.server.clock.nowMs();
  const ofBudget: ResourceRequest = { ...request, served, info: { ...request.info, name } };
  const key = keyOf(served.stored.hub, request.info.namespace, name);
  await updateStored(ofBudget, key, { dryRun }, entry => ({
    kind: 'put',
    object: noted(ofBudget, entry.object(), withOneLess(entry.object() as PodDisruptionBudget, pod, nowMs)),
  }));
}

/** The server writes the budget's status in its own name. */
function noted(request: ResourceRequest, live: AnyJson, next: AnyJson): AnyJson {
  return trackWrite(request, live, next, { fieldManager: 'kube-apiserver' }, 'status');
}

/** Pods that do not serve anybody are not what a budget protects, as its policy says (KEP-3017). */
function unreadyMayGo({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

/** Throws 429 when the budget allows none. */
function withOneLess(budget: PodDisruptionBudget, pod: Pod, nowMs: number): AnyJson {
  const { metadata, status } = budget;
  const name = metadata?.name ?? '';
  const refuse = (text: string, retryAfter?: number) => {
    const causes = [{ reason: 'DisruptionBudget', message: text }];
    throw new ApiError('TooManyRequests', wouldViolate, {
      details: { causes },
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });
  };
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) {
    refuse(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const allowed = status?.disruptionsAllowed ?? 0;
  const disrupted = status?.disruptedPods ?? {};
  if (allowed < 0 || Object.keys(disrupted).length > disruptedPodsMax) {
    throw new ApiError('Forbidden', `pdb disruptions allowed is ${allowed < 0 ? 'negative' : 'too long'}`);
  }
  if (allowed === 0) {
    const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {};
    refuse(`The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`);
  }
  const isLast = allowed === 1;
  const standing = {
    type: 'DisruptionAllowed',
    status: isLast ? 'False' : 'True',
    observedGeneration: status?.observedGeneration,
    reason: isLast ? 'InsufficientPods' : 'SufficientPods',
    message: '',
  };
  const before = (status?.conditions ?? []).find(each => each.type === standing.type);
  const since = before?.status === standing.status ? before.lastTransitionTime : rfc3339(nowMs);
  const others = (status?.conditions ?? []).filter(each => each !== before);
  return {
    ...budget,
    status: {
      ...status,
      conditions: [...others, { ...standing, lastTransitionTime: since }],
      disruptionsAllowed: allowed - 1,
      disruptedPods: { ...disrupted, [pod.metadata?.name ?? '']: rfc3339(nowMs) },
    },
  };
}

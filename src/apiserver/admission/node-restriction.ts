/**
 * A kubelet writes its own Node, the status of the Pods bound to it, its lease, and little else: an allow-list per resource,
 * verb and field (upstream: plugin/pkg/admission/noderestriction). A node that somebody took over must not be able to draw
 * other Pods to itself, to read what they use, or to have itself deleted and made anew.
 */

import type { Node } from '#api/core/node.ts';
import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import type { CSIDriver } from '#api/storage/csi-driver.ts';
import type { Admission, AdmissionRequest } from '#apiserver/admission/admission.ts';
import { refusal } from '#apiserver/admission/admission.ts';
import { forbiddenNodeLabels } from '#apiserver/admission/node-labels.ts';
import { isMirrorPod, mirrorAnnotation, podReferences } from '#apiserver/admission/pod-containers.ts';
import type { Authorizer } from '#apiserver/authz/authorizer.ts';
import { resourceAccess } from '#apiserver/authz/authorizer.ts';
import { nodeOf } from '#apiserver/authz/node/node-authorizer.ts';
import type { Objects } from '#apiserver/objects.ts';
import { notFoundError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { quote } from '#machinery/validation/field-error.ts';

export interface NodeRestrictionOptions {
  readonly pods: Objects<Pod>;
  readonly nodes: Objects<Node>;
  readonly claims: Objects<PersistentVolumeClaim>;
  readonly volumes: Objects<PersistentVolume>;
  readonly csiDrivers: Objects<CSIDriver>;
  readonly authorizer: Authorizer;
}

const leaseNamespace = 'kube-node-lease';

export function nodeRestriction(options: NodeRestrictionOptions): Admission {
  const restrict = (request: AdmissionRequest) => {
    const node = nodeOf(request.user);
    if (node === undefined) return;
    if (node === '') throw refusal(request, `could not determine node from user ${quote(request.user.name)}`);
    new Restriction(options, request, node).check();
  };
  // The same before the object is completed and after: nothing that was added on the way may pass either.
  return {
    name: 'NodeRestriction',
    handles: ({ operation }) => operation !== 'CONNECT',
    mutate: restrict,
    validate: restrict,
  };
}

class Restriction {
  readonly #options: NodeRestrictionOptions;
  readonly #request: AdmissionRequest;
  readonly #node: string;

  constructor(options: NodeRestrictionOptions, request: AdmissionRequest, node: string) {
    this.#options = options;
    this.#request = request;
    this.#node = node;
  }

  check() {
    const { resource, group, subresource } = this.#request;
    switch (`${resource}.${group}`) {
      case 'pods.':
        if (subresource === '') return this.#pod();
        if (subresource === 'status') return this.#podStatus();
        if (subresource === 'eviction') return this.#eviction();
        throw this.#refuse(
          `unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`,
        );
      case 'nodes.':
        return this.#ownNode();
      case 'persistentvolumeclaims.':
        if (subresource === 'status') return this.#claimStatus();
        throw this.#refuse('may only update PVC status');
      case 'serviceaccounts.':
        return this.#token();
      case 'leases.coordination.k8s.io':
        return this.#lease();
      case 'csinodes.storage.k8s.io':
        return this.#named('can only access CSINode with the same name as the requesting node');
      case 'resourceslices.resource.k8s.io':
        return this.#resourceSlice();
    }
  }

  #refuse(why: string) {
    return refusal(this.#request, why);
  }

  get #who(): string {
    return `node ${quote(this.#node)}`;
  }

  #pod() {
    const { operation, old, object } = this.#request;
    if (operation === 'CREATE') return this.#newPod(object);
    if (operation === 'DELETE') {
      if (old?.spec?.nodeName === this.#node) return;
      throw this.#refuse(`${this.#who} can only delete pods with spec.nodeName set to itself`);
    }
    throw this.#refuse(`unexpected operation ${quote(operation)}, ${this.#who} can only create and delete mirror pods`);
  }

  #newPod(pod: AnyJson): void {
    const cannot = (what: string) => this.#refuse(`${this.#who} can only create pods with ${what}`);
    if (!isMirrorPod(pod)) {
      const missing = `pod does not have ${quote(mirrorAnnotation)} annotation`;
      throw this.#refuse(`${missing}, ${this.#who} can only create mirror pods`);
    }
    if (pod.spec.nodeName !== this.#node) throw cannot('spec.nodeName set to itself');
    this.#owner(pod.metadata.ownerReferences ?? [], cannot);
    const refers = (what: string) => this.#refuse(`${this.#who} can not create pods that reference ${what}`);
    const { secrets, configMaps, claims } = podReferences(pod);
    if (pod.spec.serviceAccountName) throw refers('a service account');
    if (secrets.size > 0) throw refers('secrets');
    if (configMaps.size > 0) throw refers('configmaps');
    if (claims.size > 0) throw refers('persistentvolumeclaims');
    const sources: AnyJson[] = (pod.spec.volumes ?? []).flatMap((volume: AnyJson) => volume.projected?.sources ?? []);
    if (sources.some(source => source.clusterTrustBundle != null)) throw refers('clustertrustbundles');
    if (sources.some(source => source.serviceAccountToken != null)) throw refers('a service account');
    if (pod.spec.resourceClaims?.length) throw refers('resourceclaims');
  }

  #owner(owners: readonly AnyJson[], cannot: (what: string) => Error): void {
    if (owners.length > 1) throw cannot('a single owner reference set to itself');
    const [owner] = owners;
    const isOwn = owner?.apiVersion === 'v1' && owner.kind === 'Node' && owner.name === this.#node;
    if (!isOwn) throw cannot('an owner reference set to itself');
    if (owner.controller !== true) throw cannot('a controller owner reference set to itself');
    if (owner.blockOwnerDeletion)
      throw this.#refuse(`${this.#who} must not set blockOwnerDeletion on an owner reference`);
    const uid = this.#options.nodes.get('', this.#node)?.metadata?.uid;
    if (uid === undefined) throw notFoundError({ group: '', resource: 'nodes' }, this.#node);
    if (owner.uid === uid) return;
    throw this.#refuse(`node ${this.#node} UID mismatch: expected ${owner.uid} got ${uid}`);
  }

  #podStatus(): void {
    const { operation, old, object } = this.#request;
    if (operation !== 'UPDATE') throw this.#refuse(`unexpected operation ${quote(operation)}`);
    if (old?.spec?.nodeName !== this.#node) {
      throw this.#refuse(`${this.#who} can only update pod status for pods with spec.nodeName set to itself`);
    }
    if (!same(old.metadata.labels, object.metadata.labels)) {
      throw this.#refuse(`${this.#who} cannot update labels through pod status`);
    }
    if (!same(old.status?.resourceClaimStatuses, object.status?.resourceClaimStatuses)) {
      throw this.#refuse(`${this.#who} cannot update resource claim statuses`);
    }
    if (!same(old.status?.extendedResourceClaimStatus, object.status?.extendedResourceClaimStatus)) {
      throw this.#refuse(`${this.#who} cannot update extended resource claim statuses`);
    }
  }

  #eviction(): void {
    const { operation, namespace, object } = this.#request;
    if (operation !== 'CREATE') throw this.#refuse(`unexpected operation ${operation}`);
    const name = this.#request.name || object?.metadata?.name;
    if (!name) throw this.#refuse('could not determine pod from request data');
    if (this.#podNamed(namespace, name).spec?.nodeName === this.#node) return;
    throw this.#refuse(`node ${this.#node} can only evict pods with spec.nodeName set to itself`);
  }

  #podNamed(namespace: string, name: string): Pod {
    const found = this.#options.pods.get(namespace, name);
    if (found === undefined) throw notFoundError({ group: '', resource: 'pods' }, name);
    return found;
  }

  #ownNode(): void {
    const { operation, object, old } = this.#request;
    const name = this.#request.name || object?.metadata?.name || '';
    if (name !== this.#node) throw this.#refuse(`${this.#who} is not allowed to modify node ${quote(name)}`);
    if (operation === 'CREATE') {
      if (object.spec?.configSource != null) {
        throw this.#refuse(`${this.#who} is not allowed to create pods with a non-nil configSource`);
      }
      const labels = forbiddenNodeLabels(object.metadata.labels, undefined);
      if (labels.length === 0) return;
      throw this.#refuse(`${this.#who} is not allowed to set the following labels: ${labels.join(', ')}`);
    }
    if (operation !== 'UPDATE') return;
    const source = object.spec?.configSource;
    if (source != null && !same(source, old.spec?.configSource)) {
      throw this.#refuse(`${this.#who} is not allowed to update configSource to a new non-nil configSource`);
    }
    if (!same(object.spec?.taints, old.spec?.taints))
      throw this.#refuse(`${this.#who} is not allowed to modify taints`);
    const labels = forbiddenNodeLabels(object.metadata.labels, old.metadata.labels);
    if (labels.length > 0) throw this.#refuse(`is not allowed to modify labels: ${labels.join(', ')}`);
    if (!same(object.metadata.ownerReferences, old.metadata.ownerReferences)) {
      throw this.#refuse(`${this.#who} is not allowed to modify ownerReferences`);
    }
  }

  #claimStatus(): void {
    const { operation, object, old } = this.#request;
    if (operation !== 'UPDATE') throw this.#refuse(`unexpected operation ${quote(operation)}`);
    if (same(fixedOfClaim(object), fixedOfClaim(old))) return;
    throw this.#refuse(`${this.#who} is not allowed to update fields other than status.capacity and status.conditions`);
  }

  #token(): void {
    const { operation, subresource, object, namespace } = this.#request;
    if (operation !== 'CREATE' || subresource !== 'token') return;
    const bound = object.spec?.boundObjectRef;
    if (bound?.apiVersion !== 'v1' || bound.kind !== 'Pod' || !bound.name) {
      throw this.#refuse('node requested token not bound to a pod');
    }
    if (!bound.uid) throw this.#refuse('node requested token with a pod binding without a uid');
    const pod = this.#podNamed(namespace, bound.name);
    if (pod.metadata?.uid !== bound.uid) {
      const why = 'does not match the UID in record. The object might have been deleted and then recreated';
      throw this.#refuse(`the UID in the bound object reference (${bound.uid}) ${why}`);
    }
    if (pod.spec?.nodeName !== this.#node) {
      throw this.#refuse('node requested token bound to a pod scheduled on a different node');
    }
    this.#audience(pod, object.spec.audiences ?? []);
  }

  /** A node may ask only for audiences that the Pod itself is to get a token for, or that it was granted. */
  #audience(pod: Pod, audiences: readonly string[]): void {
    if (audiences.length > 1) throw this.#refuse('node may only request 0 or 1 audiences');
    const [audience = ''] = audiences;
    const found = this.#podAudiences(pod);
    if (found.audiences.has(audience)) return;
    if (found.error !== undefined) throw this.#refuse(`error validating audience ${quote(audience)}: ${found.error}`);
    const { namespace, name, user } = this.#request;
    const verb = 'request-serviceaccounts-token-audience';
    const access = resourceAccess({ verb, version: 'v1', resource: audience, namespace, name });
    if (audience !== '' && this.#options.authorizer.authorize(user, access).decision === 'allow') return;
    const who = `${user.name} is not authorized to request tokens for this audience`;
    throw this.#refuse(`audience ${quote(audience)} not found in pod spec volume, ${who}`);
  }

  #podAudiences(pod: AnyJson): { audiences: Set<string>; error?: string } {
    const audiences = new Set<string>();
    let error: string | undefined;
    const addDriver = (driver: string) => {
      const requests = this.#options.csiDrivers.get('', driver)?.spec?.tokenRequests ?? [];
      for (const each of requests) audiences.add(each.audience ?? '');
    };
    for (const volume of pod.spec.volumes ?? []) {
      for (const source of volume.projected?.sources ?? []) {
        if (source.serviceAccountToken != null) audiences.add(source.serviceAccountToken.audience ?? '');
      }
      if (volume.csi?.driver) addDriver(volume.csi.driver);
      const claimName =
        volume.ephemeral == null ? volume.persistentVolumeClaim?.claimName : `${pod.metadata.name}-${volume.name}`;
      if (claimName === undefined) continue;
      const claim = this.#options.claims.get(pod.metadata.namespace, claimName);
      const volumeName = claim?.spec?.volumeName ?? '';
      const driver = this.#options.volumes.get('', volumeName)?.spec?.csi?.driver;
      if (claim === undefined) error ??= `persistentvolumeclaim ${quote(claimName)} not found`;
      else if (this.#options.volumes.get('', volumeName) === undefined) {
        error ??= `persistentvolume ${quote(volumeName)} not found`;
      } else if (driver) addDriver(driver);
    }
    return error === undefined ? { audiences } : { audiences, error };
  }

  #lease(): void {
    if (this.#request.namespace !== leaseNamespace) {
      throw this.#refuse(`can only access leases in the ${quote(leaseNamespace)} system namespace`);
    }
    this.#named('can only access node lease with the same name as the requesting node');
  }

  #named(why: string): void {
    const { operation, name, object } = this.#request;
    if ((operation === 'CREATE' ? object.metadata?.name : name) !== this.#node) throw this.#refuse(why);
  }

  #resourceSlice(): void {
    const { operation, object, old } = this.#request;
    if (operation === 'CREATE' && object.spec?.nodeName !== this.#node) {
      throw this.#refuse('can only create ResourceSlice with the same NodeName as the requesting node');
    }
    if (operation === 'DELETE' && old?.spec?.nodeName !== this.#node) {
      throw this.#refuse('can only delete ResourceSlice with the same NodeName as the requesting node');
    }
  }
}

/** Equal as JSON; absent and empty are the same. */
function same(a: unknown, b: unknown): boolean {
  const shown = (value: unknown) => JSON.stringify(sorted(value ?? null));
  return shown(a) === shown(b);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  return keys.length === 0 ? null : keys.map(key => [key, sorted((value as Record<string, unknown>)[key])]);
}

/** A claim without what a node may set. */
function fixedOfClaim(claim: AnyJson): unknown {
  const { managedFields, resourceVersion, ...metadata } = claim.metadata ?? {};
  const { capacity, conditions, allocatedResources, allocatedResourceStatuses, ...status } = claim.status ?? {};
  return { ...claim, metadata, status };
}

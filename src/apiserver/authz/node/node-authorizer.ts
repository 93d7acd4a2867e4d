/**
 * What a kubelet may do: its own Node, its lease, the Pods bound to it, and of secrets and the like only what those Pods
 * name (upstream: plugin/pkg/auth/authorizer/node). What it may write into objects is the NodeRestriction plugin's.
 */

import type { PolicyRule } from '#api/rbac/rules.ts';
import { nodeNamePrefix, nodesGroup, type User } from '#apiserver/authn/user.ts';
import type { Access, Authorizer, Verdict } from '#apiserver/authz/authorizer.ts';
import { noOpinion } from '#apiserver/authz/authorizer.ts';
import { userRoles } from '#apiserver/authz/bootstrap/cluster-roles.ts';
import type { NodeGraph, NodeReadable } from '#apiserver/authz/node/node-graph.ts';
import { ruleAllows } from '#apiserver/authz/rbac/rules.ts';
import { exactMatch } from '#apiserver/authz/request-info.ts';
import { must } from '#lib/assert.ts';
import { quote } from '#machinery/validation/field-error.ts';

const allowed: Verdict = { decision: 'allow', reason: '' };
const leaseNamespace = 'kube-node-lease';

/** What every node may do alike: the role that is bound to nobody any more. */
const nodeRules: readonly PolicyRule[] = must(
  userRoles.find(role => role.metadata?.name === 'system:node')?.rules,
  'there is a role for nodes',
);

/** The name of the node; '' for one that does not say which; undefined for everybody else. */
export function nodeOf(user: User): string | undefined {
  if (!user.name.startsWith(nodeNamePrefix) || !user.groups.includes(nodesGroup)) return undefined;
  return user.name.slice(nodeNamePrefix.length);
}

export function nodeAuthorizer(graph: NodeGraph): Authorizer {
  return {
    authorize(user, access) {
      const node = nodeOf(user);
      if (node === undefined) return noOpinion;
      if (node === '') return because(`unknown node for user ${quote(user.name)}`);
      const own = access.isResource ? subdivided(graph, node, access) : undefined;
      if (own !== undefined) return own;
      return nodeRules.some(rule => ruleAllows(rule, access)) ? allowed : noOpinion;
    },
  };
}

function because(reason: string): Verdict {
  return { decision: 'no-opinion', reason };
}

/** The resources where it depends on the object; undefined: the rules decide. */
function subdivided(graph: NodeGraph, node: string, access: Access): Verdict | undefined {
  switch (`${access.resource}.${access.group}`) {
    case 'secrets.':
    case 'configmaps.':
      return readNamespaced(graph, node, access);
    case 'persistentvolumeclaims.':
      return access.subresource === 'status' ? updateStatus(graph, node, access) : get(graph, node, access);
    case 'persistentvolumes.':
    case 'resourceclaims.resource.k8s.io':
    case 'volumeattachments.storage.k8s.io':
      return get(graph, node, access);
    case 'serviceaccounts.':
      return serviceAccount(graph, node, access);
    case 'leases.coordination.k8s.io':
      return lease(node, access);
    case 'csinodes.storage.k8s.io':
      return csiNode(node, access);
    case 'resourceslices.resource.k8s.io':
      return resourceSlice(graph, node, access);
    case 'nodes.':
      return ownNode(node, access);
    case 'pods.':
      return pod(graph, node, access);
    default:
      return undefined;
  }
}

function related(graph: NodeGraph, node: string, { resource, namespace, name }: Access): Verdict {
  if (name === '') return because('No Object name found');
  const isRelated = graph.isRelated(node, resource as NodeReadable, namespace, name);
  return isRelated ? allowed : because(`no relationship found between node '${node}' and this object`);
}

function readNamespaced(graph: NodeGraph, node: string, access: Access): Verdict {
  if (!['get', 'list', 'watch'].includes(access.verb)) return because('can only read resources of this type');
  if (access.subresource !== '') return because('cannot read subresource');
  if (access.namespace === '') return because('can only read namespaced object of this type');
  return related(graph, node, access);
}

function get(graph: NodeGraph, node: string, access: Access): Verdict {
  if (access.verb !== 'get' || access.subresource !== '') {
    return because('can only get individual resources of this type');
  }
  return related(graph, node, access);
}

function updateStatus(graph: NodeGraph, node: string, access: Access): Verdict {
  if (!['get', 'update', 'patch'].includes(access.verb)) return because('can only get/update/patch this type');
  return related(graph, node, access);
}

function serviceAccount(graph: NodeGraph, node: string, access: Access): Verdict {
  if (access.verb === 'get' && access.subresource === '') return readNamespaced(graph, node, access);
  if (access.verb !== 'create' || access.name === '') {
    return because('can only create tokens for individual service accounts');
  }
  if (access.subresource !== 'token') return because('can only create token subresource of service account');
  return related(graph, node, access);
}

const ownVerbs = ['get', 'create', 'update', 'patch', 'delete'];

function lease(node: string, { verb, namespace, name }: Access): Verdict {
  if (!ownVerbs.includes(verb)) return because('can only get, create, update, patch, or delete a node lease');
  if (namespace !== leaseNamespace) {
    return because(`can only access leases in the ${quote(leaseNamespace)} system namespace`);
  }
  // The name is not known at creation: NodeRestriction sees it.
  if (verb === 'create' || name === node) return allowed;
  return because('can only access node lease with the same name as the requesting node');
}

function csiNode(node: string, { verb, subresource, name }: Access): Verdict {
  if (!ownVerbs.includes(verb)) return because('can only get, create, update, patch, or delete a CSINode');
  if (subresource !== '') return because('cannot authorize CSINode subresources');
  if (verb === 'create' || name === node) return allowed;
  return because('can only access CSINode with the same name as the requesting node');
}

function resourceSlice(graph: NodeGraph, node: string, access: Access): Verdict {
  const { verb, fieldSelector } = access;
  if (access.subresource !== '') return because('cannot authorize ResourceSlice subresources');
  if (verb === 'create') return allowed; // NodeRestriction sees for which node it is.
  if (verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete') return related(graph, node, access);
  if (verb !== 'watch' && verb !== 'list' && verb !== 'deletecollection') {
    const verbs = 'get, watch, list, create, update, patch, delete, deletecollection';
    return because(`only the following verbs are allowed for a ResourceSlice: ${verbs}`);
  }
  if (selectsNode(fieldSelector, node)) return allowed;
  return because('can only list/watch/deletecollection resourceslices with nodeName field selector');
}

function selectsNode(fieldSelector: string | undefined, node: string): boolean {
  return fieldSelector !== undefined && exactMatch(fieldSelector, 'spec.nodeName') === node;
}

/** NodeRestriction keeps a node from writing to another's. */
function ownNode(node: string, { verb, subresource, name }: Access): Verdict {
  const writes = verb === 'update' || verb === 'patch';
  if (subresource === 'status') return writes ? allowed : noOpinion;
  if (subresource !== '') return noOpinion;
  if (writes || verb === 'create') return allowed;
  if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return noOpinion;
  if (name === node) return allowed;
  const what = name === '' ? 'all nodes' : `'${name}'`;
  return because(`node '${node}' cannot read ${what}, only its own Node object`);
}

function pod(graph: NodeGraph, node: string, access: Access): Verdict {
  const { verb, subresource } = access;
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : noOpinion;
  if (subresource === 'eviction') return verb === 'create' ? allowed : noOpinion;
  if (subresource !== '') return noOpinion;
  if (verb === 'create' || verb === 'delete') return allowed; // Of mirror Pods; NodeRestriction sees to it.
  if (verb === 'get') return get(graph, node, access);
  if (verb !== 'list' && verb !== 'watch') return noOpinion;
  if (selectsNode(access.fieldSelector, node)) return allowed;
  if (access.name !== '') return related(graph, node, access);
  return because('can only list/watch pods with spec.nodeName field selector');
}

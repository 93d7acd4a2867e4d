/** NetworkPolicies (upstream: registry/networking/networkpolicy). */

import {
  type IPBlock,
  type NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
  networkPolicies,
} from '#api/networking/network-policy.ts';
import { ageColumn, nameColumn, printedSelector, textColumn } from '#apiserver/resources/columns.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { parseRange, rangeHas } from '#lib/ip.ts';
import { validateLegacyCidr, warningsForCidr } from '#machinery/validation/addresses.ts';
import {
  type FieldError,
  type FieldErrors,
  forbidden,
  invalid,
  notSupported,
  required,
} from '#machinery/validation/field-error.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';
import { checkPortName, checkPortNumber } from '#machinery/validation/names.ts';

const protocols = ['TCP', 'UDP', 'SCTP'];
const policyTypes = ['Ingress', 'Egress'];

export const networkPolicyStrategy: Strategy<NetworkPolicy> = {
  resource: networkPolicies,
  hasGeneration: true,
  validateCreate: policy => validate(policy, undefined),
  validateUpdate: (policy, old) => [...metadataAgain(policy.metadata, true), ...validate(policy, old)],
  warnOnCreate: warnings,
  warnOnUpdate: warnings,
  columns: [
    nameColumn,
    textColumn<NetworkPolicy>('Pod-Selector', ({ spec }) => printedSelector(spec?.podSelector)),
    ageColumn,
  ],
};

function validate({ spec = {} }: NetworkPolicy, old: NetworkPolicy | undefined): FieldErrors {
  const errors: FieldError[] = [...validateLabelSelector(spec.podSelector, 'spec.podSelector')];
  const known = blocksOf(old).flatMap(({ block }) => [block.cidr, ...(block.except ?? [])]);
  for (const [at, { ports, from }] of (spec.ingress ?? []).entries()) {
    inspectRule(ports ?? [], from ?? [], `spec.ingress[${at}]`, 'from', known, errors);
  }
  for (const [at, { ports, to }] of (spec.egress ?? []).entries()) {
    inspectRule(ports ?? [], to ?? [], `spec.egress[${at}]`, 'to', known, errors);
  }
  const types = spec.policyTypes ?? [];
  if (types.length > policyTypes.length) {
    errors.push(invalid('spec.policyTypes', types, 'may not specify more than two policyTypes'));
    return errors;
  }
  for (const [at, type] of types.entries()) {
    if (!policyTypes.includes(type)) errors.push(notSupported(`spec.policyTypes[${at}]`, type, policyTypes));
  }
  return errors;
}

function inspectRule(
  ports: readonly NetworkPolicyPort[],
  peers: readonly NetworkPolicyPeer[],
  path: string,
  peersField: string,
  known: readonly string[],
  errors: FieldError[],
): void {
  for (const [at, port] of ports.entries()) inspectPort(port, `${path}.ports[${at}]`, errors);
  for (const [at, peer] of peers.entries()) inspectPeer(peer, `${path}.${peersField}[${at}]`, known, errors);
}

function inspectPort({ protocol, port, endPort }: NetworkPolicyPort, path: string, errors: FieldError[]): void {
  if (protocol !== undefined && !protocols.includes(protocol)) {
    errors.push(notSupported(`${path}.protocol`, protocol, protocols));
  }
  const at = `${path}.endPort`;
  if (port === undefined) {
    if (endPort !== undefined) errors.push(invalid(at, endPort, 'may not be specified when `port` is not specified'));
    return;
  }
  if (typeof port === 'string') {
    if (endPort !== undefined) errors.push(invalid(at, endPort, 'may not be specified when `port` is non-numeric'));
    addProblems(errors, `${path}.port`, port, checkPortName(port));
    return;
  }
  addProblems(errors, `${path}.port`, port, checkPortNumber(port));
  if (endPort === undefined) return;
  if (endPort < port) errors.push(invalid(at, port, 'must be greater than or equal to `port`'));
  addProblems(errors, at, endPort, checkPortNumber(endPort));
}

function inspectPeer(peer: NetworkPolicyPeer, path: string, known: readonly string[], errors: FieldError[]): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  errors.push(...validateLabelSelector(podSelector, `${path}.podSelector`));
  errors.push(...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`));
  if (ipBlock !== undefined) inspectBlock(ipBlock, `${path}.ipBlock`, known, errors);
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selects && ipBlock === undefined) errors.push(required(path, 'must specify a peer'));
  if (selects && ipBlock !== undefined) errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
}

function inspectBlock(
  { cidr = '', except = [] }: IPBlock,
  path: string,
  known: readonly string[],
  errors: FieldError[],
) {
  if (cidr === '') {
    errors.push(required(`${path}.cidr`));
    return;
  }
  errors.push(...validateLegacyCidr(`${path}.cidr`, cidr, known));
  const whole = parseRange(cidr);
  if (whole === undefined) return;
  for (const [at, text] of except.entries()) {
    const own = `${path}.except[${at}]`;
    errors.push(...validateLegacyCidr(own, text, known));
    const part = parseRange(text);
    if (
      part === undefined ||
      (whole.address.mapped === part.address.mapped && rangeHas(whole, part.first) && part.prefix > whole.prefix)
    )
      continue;
    errors.push(invalid(own, text, 'must be a strict subset of `cidr`'));
  }
}

function blocksOf(policy: NetworkPolicy | undefined): { readonly path: string; readonly block: IPBlock }[] {
  const { ingress = [], egress = [] } = policy?.spec ?? {};
  const all = [
    ...ingress.flatMap(({ from }, at) =>
      (from ?? []).map((peer, i) => ({ peer, path: `spec.ingress[${at}].from[${i}]` })),
    ),
    ...egress.flatMap(({ to }, at) => (to ?? []).map((peer, i) => ({ peer, path: `spec.egress[${at}].to[${i}]` }))),
  ];
  return all.flatMap(({ peer, path }) => (peer.ipBlock ? [{ path: `${path}.ipBlock`, block: peer.ipBlock }] : []));
}

function warnings(policy: NetworkPolicy): readonly string[] {
  return blocksOf(policy).flatMap(({ path, block }) => [
    ...warningsForCidr(`${path}.cidr`, block.cidr),
    ...(block.except ?? []).flatMap((text, at) => warningsForCidr(`${path}.except[${at}]`, text)),
  ]);
}

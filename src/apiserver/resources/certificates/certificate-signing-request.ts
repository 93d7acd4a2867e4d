/** CertificateSigningRequest: who asks is recorded by the server; what was asked never changes; answers are only added. */

import { isDeepStrictEqual } from 'node:util';
import {
  type CertificateSigningRequest,
  type CertificateSigningRequestCondition,
  type CertificateSigningRequestSpec,
  certificateSigningRequests,
} from '#api/certificates/certificate-signing-request.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import type { RequestContext, Strategy } from '#apiserver/resources/strategy.ts';
import { rfc3339 } from '#lib/clock.ts';
import { parseCertificate, parseSigningRequest, pemBlocks } from '#lib/pki.ts';
import { humanDuration } from '#machinery/human-duration.ts';
import { clusterFieldsOf } from '#machinery/selector/field-selector.ts';
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '#machinery/validation/field-error.ts';
import { index } from '#machinery/validation/field-path.ts';
import { checkDns1123Label, checkDns1123Subdomain, checkPathSegmentName } from '#machinery/validation/names.ts';

type Csr = CertificateSigningRequest;

const lifeSecondsMin = 600;
const legacySigner = 'kubernetes.io/legacy-unknown';
const signerDomainMax = 253;
const signerNameMax = 571;
const conditionsPath = 'status.conditions';

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

/** What one way of writing may add to the answer. */
interface Additions {
  readonly decision: boolean;
  readonly certificate: boolean;
}

export const certificateSigningRequestStrategy: Strategy<Csr> = {
  resource: certificateSigningRequests,
  validateName: checkPathSegmentName,
  prepareCreate(csr, { user }) {
    csr.spec = withRequestor(csr.spec ?? ({} as CertificateSigningRequestSpec), user);
    csr.status = {};
  },
  validateCreate: csr => specErrors(csr),
  prepareUpdate(csr, old) {
    csr.spec = old.spec;
    csr.status = old.status;
  },
  validateUpdate: (csr, old) => updateErrors(csr, old, { decision: false, certificate: false }),
  subresources: {
    status: {
      prepareUpdate(csr, old, context) {
        csr.spec = old.spec;
        const written = ['Approved', 'Denied'].reduce(
          (conditions, type) => withDecision(conditions, old.status?.conditions ?? [], type),
          csr.status?.conditions ?? [],
        );
        csr.status = { ...csr.status, conditions: stamped(written, old, context) };
      },
      validateUpdate: (csr, old) => updateErrors(csr, old, { decision: false, certificate: true }),
    },
    approval: {
      prepareUpdate(csr, old, context) {
        csr.spec = old.spec;
        csr.status = { ...old.status, conditions: stamped(csr.status?.conditions ?? [], old, context) };
      },
      validateUpdate: (csr, old) => updateErrors(csr, old, { decision: true, certificate: false }),
    },
  },
  resetFields: subresource => (subresource === 'status' ? [['spec']] : [['spec'], ['status']]),
  fieldRules: clusterFieldsOf(['spec.signerName']),
  selectableFields: csr => ({ 'spec.signerName': csr.spec?.signerName ?? '' }),
  columns: [
    nameColumn,
    ageColumn,
    textColumn('SignerName', csr => csr.spec?.signerName || '<none>'),
    textColumn('Requestor', csr => csr.spec?.username ?? ''),
    textColumn('RequestedDuration', ({ spec }) =>
      spec?.expirationSeconds == null ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
    ),
    textColumn('Condition', shownCondition),
  ],
};

/** Whatever the client says of itself is replaced by what authentication found. */
function withRequestor(
  spec: CertificateSigningRequestSpec,
  user: RequestContext['user'],
): CertificateSigningRequestSpec {
  const { username, uid, groups, extra, ...asked } = spec;
  const extras = Object.entries(user.extra ?? {}).map(([key, values]) => [key, [...values]]);
  return {
    ...asked,
    username: user.name,
    ...(user.uid && { uid: user.uid }),
    ...(user.groups.length > 0 && { groups: [...user.groups] }),
    ...(extras.length > 0 && { extra: Object.fromEntries(extras) }),
  };
}

function shownCondition({ status }: Csr): string {
  const has = (type: string) => (status?.conditions ?? []).some(each => each.type === type);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`;
}

/** With the times that were left out; a condition that stays as it was keeps its own. */
function stamped(
  conditions: readonly CertificateSigningRequestCondition[],
  old: Csr,
  { nowMs }: RequestContext,
): CertificateSigningRequestCondition[] {
  const now = rfc3339(nowMs);
  return conditions.map(condition => {
    const before = old.status?.conditions?.find(
      each => each.type === condition.type && each.status === condition.status && each.lastTransitionTime,
    );
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime || now,
      lastTransitionTime: condition.lastTransitionTime || before?.lastTransitionTime || now,
    };
  });
}

function specErrors({ spec }: Csr): FieldError[] {
  const errors: FieldError[] = [];
  const problem = requestProblem(spec?.request);
  if (problem !== undefined) errors.push(invalid('spec.request', spec?.request ?? null, problem));
  const asked = spec?.usages ?? [];
  if (asked.length === 0) errors.push(required('spec.usages'));
  const seen = new Set<string>();
  for (const [at, usage] of asked.entries()) {
    const path = index('spec.usages', at);
    if (!usages.includes(usage)) errors.push(notSupported(path, usage ?? '', usages));
    if (seen.has(usage)) errors.push(duplicate(path, usage));
    seen.add(usage);
  }
  errors.push(...signerErrors(spec?.signerName ?? ''));
  const life = spec?.expirationSeconds;
  if (life != null && life < lifeSecondsMin) {
    const why = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalid('spec.expirationSeconds', life, why));
  }
  return errors;
}

function requestProblem(request: string | undefined): string | undefined {
  const text = Buffer.from(request ?? '', 'base64').toString('latin1');
  const [first] = pemBlocks(text, 'CERTIFICATE REQUEST');
  if (first === undefined) return 'PEM block type must be CERTIFICATE REQUEST';
  try {
    parseSigningRequest(first);
    return undefined;
  } catch (error) {
    return `asn1: ${(error as Error).message}`;
  }
}

function signerErrors(name: string): FieldError[] {
  const path = 'spec.signerName';
  if (name === '') return [required(path)];
  if (name === legacySigner) return [invalid(path, name, 'the legacy signerName is not allowed via this API version')];
  const [domain = '', rest, ...more] = name.split('/');
  if (rest === undefined || more.length > 0) {
    return [invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  }
  const errors: FieldError[] = [];
  const labels = domain.split('.');
  const inspect = (whole: string, label: string, problems: readonly string[]) => {
    for (const each of problems)
      errors.push(invalid(path, whole, `validating label ${JSON.stringify(label)}: ${each}`));
  };
  if (domain.length > signerDomainMax) errors.push(tooLong(path, signerDomainMax));
  for (const label of labels) inspect(domain, label, checkDns1123Label(label));
  if (labels.length < 2) {
    errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'));
  }
  for (const label of rest.split('.')) inspect(rest, label, checkDns1123Subdomain(label));
  if (name.length > signerNameMax) errors.push(tooLong(path, signerNameMax));
  return errors;
}

/** The conditions with those of the type as they were; one more or less stays, and is refused later. */
function withDecision(
  conditions: readonly CertificateSigningRequestCondition[],
  before: readonly CertificateSigningRequestCondition[],
  type: string,
): CertificateSigningRequestCondition[] {
  const kept = before.filter(each => each.type === type);
  if (kept.length !== conditions.filter(each => each.type === type).length) return [...conditions];
  let next = 0;
  return conditions.map(each => (each.type === type ? (kept[next++] ?? each) : each));
}

/** Decisions are final: a condition of the three kinds is not taken back; who may decide may still word it anew. */
function updateErrors(csr: Csr, old: Csr, may: Additions): FieldError[] {
  const errors = [...conditionErrors(csr), ...certificateErrors(csr, old, may)];
  for (const type of ['Approved', 'Denied', 'Failed']) {
    const now = (csr.status?.conditions ?? []).filter(each => each.type === type);
    const before = (old.status?.conditions ?? []).filter(each => each.type === type);
    const refuse = (what: string) =>
      errors.push(forbidden(conditionsPath, `updates may not ${what} a condition of type ${JSON.stringify(type)}`));
    if (now.length < before.length) refuse('remove');
    else if (now.length > before.length) {
      if (!may.decision && type !== 'Failed') refuse('add');
    } else if (!may.decision && type !== 'Failed' && !isDeepStrictEqual(now, before)) refuse('modify');
  }
  return errors;
}

function conditionErrors({ status }: Csr): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [at, { type = '', status: value = '' }] of (status?.conditions ?? []).entries()) {
    const path = index(conditionsPath, at);
    if (type === '') errors.push(required(`${path}.type`));
    const decisive = type === 'Approved' || type === 'Denied' || type === 'Failed';
    const values = decisive ? ['True'] : ['False', 'True', 'Unknown'];
    if (!decisive && value === '') errors.push(required(`${path}.status`));
    else if (!values.includes(value)) errors.push(notSupported(`${path}.status`, value, values));
    if ((type === 'Approved' && seen.has('Denied')) || (type === 'Denied' && seen.has('Approved'))) {
      errors.push(invalid(conditionsPath, type, 'Approved and Denied conditions are mutually exclusive'));
    }
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
  }
  return errors;
}

function certificateErrors(csr: Csr, old: Csr, may: Additions): FieldError[] {
  const path = 'status.certificate';
  const now = csr.status?.certificate ?? '';
  const before = old.status?.certificate ?? '';
  if (now === before) return [];
  const errors: FieldError[] = [];
  const problem = now === '' ? undefined : certificateProblem(Buffer.from(now, 'base64').toString('latin1'));
  if (problem !== undefined) errors.push(invalid(path, '<certificate data>', problem));
  if (!may.certificate) errors.push(forbidden(path, 'updates may not set certificate content'));
  if (before !== '') errors.push(forbidden(path, 'updates may not modify existing certificate content'));
  return errors;
}

function certificateProblem(text: string): string | undefined {
  const other = [...text.matchAll(/-----BEGIN ([^-]+)-----/g)].find(found => found[1] !== 'CERTIFICATE')?.[1];
  if (other !== undefined) return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(other)}`;
  const blocks = pemBlocks(text, 'CERTIFICATE');
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  try {
    for (const block of blocks) parseCertificate(block);
    return undefined;
  } catch (error) {
    return `x509: ${(error as Error).message}`;
  }
}

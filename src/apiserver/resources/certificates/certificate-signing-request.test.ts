import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateSigningRequest } from '#api/certificates/certificate-signing-request.ts';
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from '#apiserver/admission/certificates.ts';
import type { Authorizer } from '#apiserver/authz/authorizer.ts';
import { certificateSigningRequestStrategy as strategy } from '#apiserver/resources/certificates/certificate-signing-request.ts';
import type { RequestContext } from '#apiserver/resources/strategy.ts';
import { issue, newAuthority, pem } from '#lib/pki.ts';
import { systemRandom } from '#lib/random.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldErrors } from '#machinery/validation/field-error.ts';
import { admissionRequest } from '#testing/admission.ts';

/** O=system:masters, CN=x and O=system:nodes, CN=system:node:n, made by openssl. */
const requests = {
  masters:
    'MIHfMIGHAgEAMCUxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQowCAYDVQQDDAF4MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpH2mLsh/fzXHvHwJ0x7NEG1x2Y79OpE6fJg/YphlJPhLR/c3BOMpAEBIWALw2Ch2eSIn6oi+IpCNq8cJA3TdCqAAMAoGCCqGSM49BAMCA0cAMEQCIBNgJIQj0FrYfNrpN3fjkgSGeSPHywOqxNmZNBXfZGAGAiAvhWOIpohTAtT/hpv/1na4WSM1iRqxTEdRpGJrml2jYQ==',
  plain:
    'MIIBEDCBtgIBADAvMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFjAUBgNVBAMMDXN5c3RlbTpub2RlOm4wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASkfaYuyH9/Nce8fAnTHs0QbXHZjv06kTp8mD9imGUk+EtH9zcE4ykAQEhYAvDYKHZ5IifqiL4ikI2rxwkDdN0KoCUwIwYJKoZIhvcNAQkOMRYwFDASBgNVHREECzAJggFuhwQKAAABMAoGCCqGSM49BAMCA0kAMEYCIQCIADh6ID6D+8E2K+8RaKSYxRyPI2lAitcpwss5EC3w+wIhAPCr9aPyD8i+QMgiX50JcWzThGnxYKT1sMfLGD4A2T5r',
};

const encoded = (text: string) => Buffer.from(text).toString('base64');
const requestOf = (base64: string) => encoded(pem('CERTIFICATE REQUEST', Buffer.from(base64, 'base64')));
const context: RequestContext = {
  nowMs: Date.UTC(2026, 10, 21),
  user: { name: 'jane', groups: ['devs'] },
  dryRun: false,
};
const shown = (errors: FieldErrors = []) => errors.map(({ path, message }) => `${path}: ${message}`);
const signerName = 'kubernetes.io/kube-apiserver-client';

function csr(spec: AnyJson = {}, conditions?: AnyJson[], certificate?: string): CertificateSigningRequest {
  const usages = ['client auth'];
  const status = { ...(conditions && { conditions }), ...(certificate && { certificate }) };
  return { metadata: { name: 'c' }, spec: { request: requestOf(requests.plain), signerName, usages, ...spec }, status };
}

test('who asks is what authentication found, whatever the request says', () => {
  const asked = csr({ username: 'admin', groups: ['system:masters'], uid: 'u', extra: { a: ['b'] } }, [
    { type: 'Approved' },
  ]);
  strategy.prepareCreate?.(asked, context);
  const { username, groups, uid, extra } = asked.spec;
  assert.deepEqual([username, groups, uid, extra, asked.status], ['jane', ['devs'], undefined, undefined, {}]);
});

test('what is wrong with a request', () => {
  const of = (spec: AnyJson) => shown(strategy.validateCreate?.(csr(spec), context));
  assert.deepEqual(of({}), []);
  const cases: [AnyJson, string][] = [
    [{ request: 'bm9wZQ==' }, 'spec.request: Invalid value: "bm9wZQ==": PEM block type must be CERTIFICATE REQUEST'],
    [{ usages: [] }, 'spec.usages: Required value'],
    [{ usages: ['client auth', 'client auth'] }, 'spec.usages[1]: Duplicate value: "client auth"'],
    [
      { signerName: 'bad' },
      `spec.signerName: Invalid value: "bad": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
    ],
    [
      { signerName: 'kubernetes.io/legacy-unknown' },
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
    [
      { expirationSeconds: 10 },
      'spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 600 seconds (10 minutes)',
    ],
  ];
  for (const [spec, want] of cases) assert.deepEqual(of(spec), [want]);
  assert.match(
    of({ usages: ['frob'] })[0]!,
    /^spec\.usages\[0\]: Unsupported value: "frob": supported values: "any", "cert sign"/,
  );
});

const approved = { type: 'Approved', status: 'True', reason: 'R', lastUpdateTime: 't', lastTransitionTime: 't' };

function update(subresource: '' | 'status' | 'approval', wanted: AnyJson, old: CertificateSigningRequest) {
  const rules = subresource === '' ? strategy : strategy.subresources![subresource]!;
  rules.prepareUpdate?.(wanted, old, context);
  return { errors: shown(rules.validateUpdate?.(wanted, old, context)), wanted };
}

test('a decision is made once, by approval alone', () => {
  const { errors, wanted } = update(
    'approval',
    csr({ usages: ['any'] }, [{ type: 'Approved', status: 'True' }]),
    csr(),
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(wanted.spec.usages, ['client auth']);
  assert.equal(wanted.status.conditions[0].lastUpdateTime, '2026-11-21T00:00:00Z');
  const removed = 'status.conditions: Forbidden: updates may not remove a condition of type "Approved"';
  assert.deepEqual(update('approval', csr({}, []), csr({}, [approved])).errors, [removed]);
  const denied = { type: 'Denied', status: 'True' };
  assert.deepEqual(update('approval', csr({}, [approved, denied]), csr({}, [approved])).errors, [
    'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
  ]);
  const added = 'status.conditions: Forbidden: updates may not add a condition of type "Approved"';
  assert.deepEqual(update('status', csr({}, [approved]), csr()).errors, [added], 'status cannot approve');
  const reworded = { ...approved, reason: 'Other' };
  assert.deepEqual(update('status', csr({}, [reworded]), csr({}, [approved])).wanted.status.conditions, [approved]);
  assert.deepEqual(update('approval', csr({}, [reworded]), csr({}, [approved])).errors, []);
  assert.deepEqual(update('', csr({}, [approved], 'AA=='), csr()).wanted.status, {});
});

const life = { notBeforeMs: 0, notAfterMs: Date.UTC(2030, 0) };
const ca = newAuthority({ subject: { commonName: 'ca', organizations: [] }, ...life }, systemRandom);
const issued = (name: string) =>
  encoded(
    pem(
      'CERTIFICATE',
      issue({ subject: { commonName: name, organizations: [] }, purpose: 'client', ...life }, ca, systemRandom)
        .certificate,
    ),
  );

test('a certificate is given once, by status alone', () => {
  const certificate = issued('jane');
  assert.deepEqual(update('status', csr({}, [], certificate), csr()).errors, []);
  assert.deepEqual(update('status', csr({}, [], 'bm9wZQ=='), csr()).errors, [
    'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
  ]);
  assert.deepEqual(update('status', csr({}, [], issued('else')), csr({}, [], certificate)).errors, [
    'status.certificate: Forbidden: updates may not modify existing certificate content',
  ]);
  assert.equal(update('approval', csr({}, [], certificate), csr()).wanted.status.certificate, undefined);
});

test('signing and approving need the right on the signer, or on all of its domain', () => {
  const allowing = (...names: string[]): Authorizer => ({
    authorize: (_, access) => ({
      decision:
        access.resource === 'signers' && names.includes(`${access.verb} ${access.name}`) ? 'allow' : 'no-opinion',
      reason: '',
    }),
  });
  const parts = { operation: 'UPDATE' as const, group: 'certificates.k8s.io', resource: 'certificatesigningrequests' };
  const decided = admissionRequest({ ...parts, subresource: 'approval', object: csr({}, [approved]), old: csr() });
  certificateApproval(allowing(`approve ${signerName}`)).validate?.(decided);
  certificateApproval(allowing('approve kubernetes.io/*')).validate?.(decided);
  assert.throws(() => certificateApproval(allowing(`sign ${signerName}`)).validate?.(decided), {
    message: `certificatesigningrequests.certificates.k8s.io "c" is forbidden: user not permitted to approve requests with signerName "${signerName}"`,
  });
  const signing = certificateSigning(allowing());
  const signed = admissionRequest({ ...parts, subresource: 'status', object: csr({}, [], issued('x')), old: csr() });
  assert.throws(() => signing.validate?.(signed), /user not permitted to sign requests/);
  // What the client asks for now does not matter: the signer is the stored one.
  const renamed = admissionRequest({
    ...parts,
    subresource: 'status',
    object: csr({ signerName: 'example.com/mine' }, [], issued('x')),
    old: csr(),
  });
  assert.throws(() => certificateSigning(allowing('sign example.com/mine')).validate?.(renamed));
  signing.validate?.(admissionRequest({ ...parts, subresource: 'status', object: csr(), old: csr() }));
});

test('nobody asks for a certificate that may do everything', () => {
  const validate = (request: string) =>
    certificateSubjectRestriction.validate?.(
      admissionRequest({
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        object: csr({ request: requestOf(request) }),
      }),
    );
  validate(requests.plain);
  assert.throws(() => validate(requests.masters), /signer with system:masters group is not allowed/);
});

import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Secret } from '#api/core/secret.ts';
import type { ServiceAccount } from '#api/core/service-account.ts';
import type { Authenticator } from '#apiserver/authn/authenticator.ts';
import { bearerAuthenticator, unionTokens } from '#apiserver/authn/bearer.ts';
import { bootstrapTokens } from '#apiserver/authn/bootstrap-tokens.ts';
import { clientCertificateAuthenticator } from '#apiserver/authn/client-certificate.ts';
import { frontProxyAuthenticator } from '#apiserver/authn/front-proxy.ts';
import { ServiceAccountTokens, tokenForSecret } from '#apiserver/authn/service-account-tokens.ts';
import { unionAuthenticator } from '#apiserver/authn/union.ts';
import type { Clock } from '#lib/clock.ts';
import type { Exchange, HeaderValues, Peer } from '#lib/http/exchange.ts';
import { issue, type KeyPair, newAuthority } from '#lib/pki.ts';
import { systemRandom } from '#lib/random.ts';
import { memoryObjects } from '#testing/objects.ts';

const startMs = Date.UTC(2026, 10, 21);
const issuer = 'https://kubernetes.default.svc.cluster.local';
const life = { notBeforeMs: startMs - 1000, notAfterMs: startMs + 86_400_000 };

const ca = newAuthority({ subject: { commonName: 'ca', organizations: [] }, ...life }, systemRandom);
const proxyCa = newAuthority({ subject: { commonName: 'proxy-ca', organizations: [] }, ...life }, systemRandom);

function manualClock() {
  let nowMs = startMs;
  return { nowMs: () => nowMs, pass: (ms: number) => (nowMs += ms) } as unknown as Clock & { pass(ms: number): void };
}

function exchange(headers: HeaderValues, peer: Partial<Peer> = {}): Exchange {
  return { headers, peer: { address: '', ...peer } } as Exchange;
}

function shows(pair: KeyPair, authority: KeyPair): Partial<Peer> {
  return { certificate: pair.certificate, certificateRoot: authority.certificate };
}

function client(commonName: string, organizations: string[], authority = ca, purpose: 'client' | 'server' = 'client') {
  return issue({ subject: { commonName, organizations }, purpose, ...life }, authority, systemRandom);
}

test('a client certificate names its user, until it expires, and only by the right authority', () => {
  const clock = manualClock();
  const method = clientCertificateAuthenticator(ca.certificate, clock);
  const jane = client('jane', ['devs', 'ops']);
  const found = method.authenticate(exchange({}, shows(jane, ca)));
  assert.equal(found?.user?.name, 'jane');
  assert.deepEqual(found?.user?.groups, ['devs', 'ops']);
  assert.match(found!.user!.extra['authentication.kubernetes.io/credential-id']![0]!, /^X509SHA256=[0-9a-f]{64}$/);
  assert.equal(method.authenticate(exchange({}))?.user, undefined);
  const byProxyCa = client('jane', ['system:masters'], proxyCa);
  assert.equal(method.authenticate(exchange({}, shows(byProxyCa, proxyCa))), undefined);
  assert.equal(method.authenticate(exchange({}, { certificate: jane.certificate })), undefined, 'no verified root');
  assert.ok(method.authenticate(exchange({}, shows(client('jane', [], ca, 'server'), ca)))?.error);
  assert.equal(method.authenticate(exchange({}, shows(client('', ['system:masters']), ca))), undefined);
  assert.ok(
    method.authenticate(exchange({}, { certificate: Buffer.from('30', 'hex'), certificateRoot: ca.certificate }))
      ?.error,
  );
  clock.pass(86_400_001);
  assert.ok(method.authenticate(exchange({}, shows(jane, ca)))?.error, 'the connection outlived it');
});

test('headers name a user only from a front proxy that is allowed to', () => {
  const clock = manualClock();
  const options = { authority: proxyCa.certificate, allowedNames: ['front-proxy-client'], clock };
  const method = unionAuthenticator([
    frontProxyAuthenticator(options),
    clientCertificateAuthenticator(ca.certificate, clock),
  ]);
  const headers = {
    'x-remote-user': 'joe',
    'x-remote-group': ['a', 'b'],
    'x-remote-extra-example.com%2fscope': ['x'],
    'x-remote-extra-__proto__': 'y',
  };
  const proxy = client('front-proxy-client', [], proxyCa);
  const found = method.authenticate(exchange(headers, shows(proxy, proxyCa)))!;
  assert.equal(found.user?.name, 'joe');
  assert.deepEqual(found.user?.groups, ['a', 'b', 'system:authenticated']);
  assert.deepEqual(Object.entries(found.user!.extra), [
    ['example.com/scope', ['x']],
    ['__proto__', ['y']],
  ]);
  assert.equal(method.authenticate(exchange(headers))?.user?.name, 'system:anonymous');
  assert.equal(method.authenticate(exchange(headers, shows(client('jane', []), ca)))?.user?.name, 'jane');
  assert.ok(method.authenticate(exchange(headers, shows(client('other', [], proxyCa), proxyCa)))?.error);
  assert.equal(method.authenticate(exchange({}, shows(proxy, proxyCa)))?.user?.name, 'system:anonymous');
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

function tokenWorld(keys: KeyObject[] = [rsa]) {
  const clock = manualClock();
  const lookups = {
    serviceAccounts: memoryObjects<ServiceAccount>({ metadata: { namespace: 'a', name: 'default', uid: 'sa-1' } }),
    pods: memoryObjects<Pod>({ metadata: { namespace: 'a', name: 'p', uid: 'pod-1' } }),
    secrets: memoryObjects<Secret>(),
    nodes: memoryObjects<Node>({ metadata: { name: 'n', uid: 'node-1' } }),
  };
  const tokens = new ServiceAccountTokens({ issuer, audiences: [issuer], keys, lookups, clock, random: systemRandom });
  const parts = { namespace: 'a', account: { name: 'default', uid: 'sa-1' }, audiences: [issuer], lifeSeconds: 3600 };
  return { clock, lookups, tokens, parts, ...lookups };
}

function payloadOf(token: string) {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
}

test('a token holds the recorded claims', () => {
  const { tokens, parts } = tokenWorld();
  const { token } = tokens.issue({ ...parts, pod: { name: 'p', uid: 'pod-1' }, warnAfterSeconds: 3607 });
  const now = startMs / 1000;
  const { jti, ...payload } = payloadOf(token);
  assert.match(jti, /^[0-9a-f-]{36}$/);
  assert.deepEqual(payload, {
    aud: [issuer],
    exp: now + 3600,
    iat: now,
    iss: issuer,
    'kubernetes.io': {
      namespace: 'a',
      pod: { name: 'p', uid: 'pod-1' },
      serviceaccount: { name: 'default', uid: 'sa-1' },
      warnafter: now + 3607,
    },
    nbf: now,
    sub: 'system:serviceaccount:a:default',
  });
  const verdict = tokens.verify(token, []);
  assert.deepEqual(verdict.user, {
    name: 'system:serviceaccount:a:default',
    uid: 'sa-1',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:a'],
    extra: {
      'authentication.kubernetes.io/credential-id': [`JTI=${jti}`],
      'authentication.kubernetes.io/pod-name': ['p'],
      'authentication.kubernetes.io/pod-uid': ['pod-1'],
    },
  });
});

test('a verified token dies with what it depends on, at the next use', () => {
  const cases: [string, (world: ReturnType<typeof tokenWorld>) => void, string][] = [
    ['its time', world => world.clock.pass(3_600_001), 'service account token has expired'],
    ['its account', world => world.serviceAccounts.remove('a', 'default'), 'serviceaccounts "default" not found'],
    [
      'its account made anew',
      world => world.serviceAccounts.put({ metadata: { namespace: 'a', name: 'default', uid: 'sa-2' } }),
      'service account UID (sa-2) does not match claim (sa-1)',
    ],
    ['its Pod', world => world.pods.remove('a', 'p'), 'service account token has been invalidated'],
    [
      'its Pod made anew',
      world => world.pods.put({ metadata: { namespace: 'a', name: 'p', uid: 'pod-2' } }),
      'pod UID (pod-2) does not match service account pod ref claim (pod-1)',
    ],
    [
      'a Pod that was to be gone a while ago',
      world =>
        world.pods.put({
          metadata: {
            namespace: 'a',
            name: 'p',
            uid: 'pod-1',
            deletionTimestamp: new Date(startMs - 61_000).toISOString(),
          },
        }),
      'service account token has been invalidated',
    ],
  ];
  for (const [name, change, error] of cases) {
    const world = tokenWorld();
    const { token } = world.tokens.issue({ ...world.parts, pod: { name: 'p', uid: 'pod-1' } });
    assert.ok(world.tokens.verify(token, []).user, name);
    change(world);
    assert.equal(world.tokens.verify(token, []).error, error, name);
  }
});

test('audiences', () => {
  const { tokens, parts } = tokenWorld();
  const { token } = tokens.issue({ ...parts, audiences: ['a', 'b'] });
  assert.deepEqual(tokens.verify(token, ['b', 'c']).user && tokens.verify(token, ['b', 'c']), {
    ...tokens.verify(token, ['b']),
    audiences: ['b'],
  });
  assert.equal(
    unionTokens([tokens]).verify(token, []).error,
    `[invalid bearer token, token audiences ["a" "b"] is invalid for the target audiences ["${issuer}"]]`,
  );
  const nobody = tokens.issue({ ...parts, audiences: [] });
  assert.ok(tokens.verify(nobody.token, []).error, 'a token for nobody is not for us');
});

test('forged, changed and foreign tokens are refused', () => {
  const { tokens, parts } = tokenWorld();
  const { token } = tokens.issue(parts);
  const [header, payload, signature] = token.split('.') as [string, string, string];
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = payloadOf(token);
  const admin = part({ ...claims, sub: 'system:serviceaccount:kube-system:admin' });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const signed = (head: object, body: string, key: KeyObject) => {
    const text = `${part(head)}.${body}`;
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  };
  const forged = [
    `${header}.${admin}.${signature}`,
    `${token}==`,
    `${token}.`,
    `${part({ alg: 'none' })}.${payload}.`,
    `${part({ alg: 'none' })}.${payload}.${signature}`,
    `${part({ alg: 'HS256' })}.${payload}.${signature}`,
    signed({ alg: 'RS256' }, payload, other),
    signed({ alg: 'RS512' }, payload, rsa),
    signed({ alg: 'RS256', kid: 'else' }, payload, rsa),
    `${header}.${payload}`,
    `${token}.x`,
    `${header}.${payload}.`,
    'nonsense',
    '..',
    signed({ alg: 'RS256' }, part({ ...claims, iss: 'https://else' }), rsa),
    signed({ alg: 'RS256' }, part({ ...claims, exp: 'never' }), rsa),
    signed({ alg: 'RS256' }, part({ ...claims, sub: 'system:serviceaccount:a:other' }), rsa),
    signed({ alg: 'RS256' }, part({ ...claims, 'kubernetes.io': { namespace: 'a' } }), rsa),
  ];
  for (const each of forged) assert.equal(tokens.verify(each, []).user, undefined, each);
  assert.ok(tokens.verify(token, []).user, 'the good one still is');
});

test('the token of a Secret is good while the Secret holds it', () => {
  const { tokens, secrets } = tokenWorld();
  const token = tokenForSecret(rsa, 'a', { name: 'default', uid: 'sa-1' }, 't');
  const held = (text: string) => ({
    metadata: { namespace: 'a', name: 't', uid: 's' },
    data: { token: Buffer.from(text).toString('base64') },
  });
  assert.ok(tokens.verify(token, []).error);
  secrets.put(held(token));
  assert.equal(tokens.verify(token, []).user?.name, 'system:serviceaccount:a:default');
  secrets.put(held('another'));
  assert.equal(tokens.verify(token, []).error, 'service account token has been invalidated');
});

test('a second key verifies what it signed before, and elliptic curves work too', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const before = tokenWorld([rsa]);
  const { token } = before.tokens.issue(before.parts);
  const after = tokenWorld([ec, rsa]);
  assert.ok(after.tokens.verify(token, []).user);
  assert.ok(after.tokens.verify(after.tokens.issue(after.parts).token, []).user);
  assert.deepEqual(
    after.tokens.jwks().keys.map(key => [key.kty, key.alg, key.use]),
    [
      ['EC', 'ES256', 'sig'],
      ['RSA', 'RS256', 'sig'],
    ],
  );
});

test('bootstrap tokens', () => {
  const clock = manualClock();
  const text = (value: string) => Buffer.from(value).toString('base64');
  const secret = (data: Record<string, string>): Secret => ({
    metadata: { namespace: 'kube-system', name: 'bootstrap-token-abcdef' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(
      Object.entries({
        'token-id': 'abcdef',
        'token-secret': '0123456789abcdef',
        'usage-bootstrap-authentication': 'true',
        expiration: new Date(startMs + 1000).toISOString(),
        'auth-extra-groups': 'system:bootstrappers:z,system:bootstrappers:a',
        ...data,
      }).map(([key, value]) => [key, text(value)]),
    ),
  });
  const secrets = memoryObjects<Secret>(secret({}));
  const tokens = bootstrapTokens({ secrets, audiences: [issuer], clock });
  const verify = (token = 'abcdef.0123456789abcdef') => tokens.verify(token, []);
  assert.deepEqual(verify().user?.groups, ['system:bootstrappers', 'system:bootstrappers:a', 'system:bootstrappers:z']);
  assert.equal(verify().user?.name, 'system:bootstrap:abcdef');
  for (const wrong of [
    'abcdef.0123456789abcdee',
    'abcdeg.0123456789abcdef',
    'abcdef.0123456789abcde',
    'abcdef.',
    'x',
  ]) {
    assert.equal(verify(wrong).user, undefined, wrong);
  }
  const spoiled: Record<string, string>[] = [
    { 'usage-bootstrap-authentication': 'false' },
    { 'auth-extra-groups': 'system:masters' },
    { expiration: 'tomorrow' },
    { expiration: '2099-01-01' },
    { 'token-id': 'fedcba' },
  ];
  for (const data of spoiled) {
    secrets.put(secret(data));
    assert.equal(verify().user, undefined, JSON.stringify(data));
  }
  secrets.put({ ...secret({}), type: 'Opaque' });
  assert.equal(verify().user, undefined);
  secrets.put(secret({}));
  clock.pass(1001);
  assert.equal(verify().user, undefined, 'expired');
});

test('no credential is anonymous, a bad one is nobody, and a good one beside a bad one counts', () => {
  const { tokens, parts, clock } = tokenWorld();
  const method: Authenticator = unionAuthenticator([
    clientCertificateAuthenticator(ca.certificate, clock),
    bearerAuthenticator(unionTokens([tokens])),
  ]);
  const { token } = tokens.issue(parts);
  const who = (headers: HeaderValues, peer?: Partial<Peer>) => method.authenticate(exchange(headers, peer));
  assert.equal(who({})?.user?.name, 'system:anonymous');
  assert.equal(who({ authorization: 'Basic eDp5' })?.user?.name, 'system:anonymous');
  assert.equal(who({ authorization: 'Bearer nonsense' })?.error, 'invalid bearer token');
  assert.deepEqual(who({ authorization: `bearer ${token}` })?.user?.groups.at(-1), 'system:authenticated');
  assert.equal(who({ authorization: 'Bearer nonsense' }, shows(client('jane', []), ca))?.user?.name, 'jane');
});

test('a browser names its token among the protocols of a WebSocket', () => {
  const { tokens, parts } = tokenWorld();
  const method = bearerAuthenticator(unionTokens([tokens]));
  const encoded = Buffer.from(tokens.issue(parts).token).toString('base64url');
  const protocol = `base64url.bearer.authorization.k8s.io.${encoded}`;
  const who = (protocols: string | string[], upgrade = 'websocket') =>
    method.authenticate(exchange({ upgrade, 'sec-websocket-protocol': protocols }))?.user?.name;
  assert.equal(who(`${protocol}, v5.channel.k8s.io`), 'system:serviceaccount:a:default');
  assert.equal(who(['v5.channel.k8s.io', protocol]), 'system:serviceaccount:a:default');
  assert.equal(who(protocol), undefined, 'there must be a protocol left to speak');
  assert.equal(who(`${protocol}, ${protocol}, x`), undefined);
  assert.equal(who(`${protocol}, x`, 'SPDY/3.1'), undefined);
});

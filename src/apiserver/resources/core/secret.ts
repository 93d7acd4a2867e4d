/** Secrets (upstream: registry/core/secret). Their values never appear in a message. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Secret, secrets } from '#api/core/secret.ts';
import { ageColumn, nameColumn } from '#apiserver/resources/columns.ts';
import { bagBytesMax, frozenErrors } from '#apiserver/resources/core/config-map.ts';
import { addProblems, immutable, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { JsonSyntaxError, parsePositional } from '#machinery/json/positional.ts';
import { fieldsOf } from '#machinery/selector/field-selector.ts';
import { type FieldError, type FieldErrors, invalid, required, tooLong } from '#machinery/validation/field-error.ts';
import { checkConfigMapKey } from '#machinery/validation/names.ts';

const redacted = '<secret contents redacted>';
const accountAnnotation = 'kubernetes.io/service-account.name';

export const secretStrategy: Strategy<Secret> = {
  resource: secrets,
  validateCreate: validate,
  prepareUpdate(secret, old) {
    secret.type ||= old.type;
  },
  validateUpdate: (secret, old) => [
    ...metadataAgain(secret.metadata, true),
    ...(secret.type === old.type ? [] : [invalid('type', secret.type, immutable)]),
    ...frozenErrors(secret, old, ['data']),
    ...validate(secret),
  ],
  warnOnCreate: warnings,
  warnOnUpdate: warnings,
  fieldRules: fieldsOf(['type']),
  selectableFields: ({ type }) => ({ type: type ?? '' }),
  columns: [
    nameColumn,
    { name: 'Type', type: 'string', cell: ({ type }) => type ?? '' },
    { name: 'Data', type: 'string', cell: ({ data }) => Object.keys(data ?? {}).length },
    ageColumn,
  ],
};

function validate(secret: Secret): FieldErrors {
  const { data = {}, type, metadata } = secret;
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    addProblems(errors, `data[${key}]`, key, checkConfigMapKey(key));
    bytes += Buffer.byteLength(value, 'base64');
  }
  if (bytes > bagBytesMax) errors.push(tooLong('data', bagBytesMax));
  const has = (key: string) => Object.hasOwn(data, key);
  const demand = (...keys: string[]) => {
    for (const key of keys) if (!has(key)) errors.push(required(`data[${key}]`));
  };
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata?.annotations?.[accountAnnotation]) {
        errors.push(required(`metadata.annotations[${accountAnnotation}]`));
      }
      break;
    case 'kubernetes.io/dockercfg':
      inspectJson(data, '.dockercfg', errors);
      break;
    case 'kubernetes.io/dockerconfigjson':
      inspectJson(data, '.dockerconfigjson', errors);
      break;
    case 'kubernetes.io/basic-auth':
      if (!has('username') && !has('password')) demand('username', 'password');
      break;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.push(required('data[ssh-privatekey]'));
      break;
    case 'kubernetes.io/tls':
      demand('tls.crt', 'tls.key');
      break;
  }
  return errors;
}

function inspectJson(data: Readonly<Record<string, string>>, key: string, errors: FieldError[]): void {
  const value = data[key];
  if (value === undefined) {
    errors.push(required(`data[${key}]`));
    return;
  }
  try {
    parsePositional(Buffer.from(value, 'base64').toString());
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    errors.push(invalid(`data[${key}]`, redacted, error.message));
  }
}

function warnings({ type, data = {} }: Secret): readonly string[] {
  if (type !== 'kubernetes.io/tls') return [];
  const problem = keyPairProblem(textOf(data['tls.crt']), textOf(data['tls.key']));
  return problem === undefined ? [] : [`tls: ${problem}`];
}

const textOf = (base64 = ''): string => Buffer.from(base64, 'base64').toString();

/** In the words of Go's crypto/tls. */
function keyPairProblem(certificate: string, key: string): string | undefined {
  if (!certificate.includes('-----BEGIN ')) return 'failed to find any PEM data in certificate input';
  if (!certificate.includes('-----BEGIN CERTIFICATE-----')) {
    return 'failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
  }
  if (!key.includes('-----BEGIN ')) return 'failed to find any PEM data in key input';
  try {
    const own = new X509Certificate(certificate);
    return own.checkPrivateKey(createPrivateKey(key)) ? undefined : 'private key does not match public key';
  } catch {
    return 'failed to parse private key';
  }
}

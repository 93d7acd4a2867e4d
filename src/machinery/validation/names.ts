/**
 * The forms that names, keys and small texts must have. Each check gives what is wrong
 * with the value, worded as upstream words it (k8s.io/apimachinery/pkg/util/validation); an empty list means that it is right.
 */

type Problems = readonly string[];

const none: Problems = [];

/** Upstream words the same limit in two ways, by the generation of the code that checks. */
export type LengthUnit = 'bytes' | 'characters';

const subdomainBytesMax = 253;
const labelBytesMax = 63;

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const relaxedLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const relaxedSubdomain = `${relaxedLabel}(\\.${relaxedLabel})*`;
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

export function maxLengthProblem(bytesMax: number, unit: LengthUnit = 'characters'): string {
  return `must be no more than ${bytesMax} ${unit}`;
}

/** `… (e.g. 'a',  or 'b', regex used for validation is '…')` */
export function regexProblem(message: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const list = examples.map(example => `'${example}', `).join(' or ');
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
}

interface Rule {
  readonly pattern: string;
  readonly message: string;
  readonly examples: readonly string[];
  readonly bytesMax?: number;
  readonly unit?: LengthUnit;
}

/** Compiled once: the messages are built with the check, not with each failure. */
function check(rule: Rule): (value: string, unit?: LengthUnit) => Problems {
  const { bytesMax = Number.POSITIVE_INFINITY, unit: usualUnit = 'characters' } = rule;
  const expression = new RegExp(`^(?:${rule.pattern})$`);
  const malformed = regexProblem(rule.message, rule.pattern, ...rule.examples);
  return (value, unit = usualUnit) => {
    const long = exceeds(value, bytesMax);
    // A name that is far too long is not also held against the expression: its alternatives take time on long texts.
    const fits = value.length <= textCharactersMax && expression.test(value);
    if (!long && fits) return none;
    return [...(long ? [maxLengthProblem(bytesMax, unit)] : []), ...(fits ? [] : [malformed])];
  };
}

const textCharactersMax = 1 << 20;

function exceeds(value: string, bytesMax: number): boolean {
  return value.length > bytesMax || (value.length * 3 > bytesMax && Buffer.byteLength(value) > bytesMax);
}

const plainDns1123Label = check({
  pattern: label,
  message:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: ['my-name', '123-abc'],
  bytesMax: labelBytesMax,
});

/** A part of a DNS name: `my-name`. Of a whole DNS name only the dots are wrong. */
export function checkDns1123Label(value: string): Problems {
  const problems = plainDns1123Label(value);
  const isName = problems.length > 0 && value.includes('.') && checkDns1123Subdomain(value).length === 0;
  if (!isName) return problems;
  return [...problems.slice(0, -1), 'must not contain dots'];
}

/** A DNS name: `example.com`. What most objects are named by. */
export const checkDns1123Subdomain = check({
  pattern: subdomain,
  message:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
  bytesMax: subdomainBytesMax,
});

export const checkDns1123SubdomainWithUnderscore = check({
  pattern: relaxedSubdomain,
  message:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
  bytesMax: subdomainBytesMax,
});

/** Where a digit in front is not allowed: names of Services of old, of CRD kinds. */
export const checkDns1035Label = check({
  pattern: '[a-z]([-a-z0-9]*[a-z0-9])?',
  message:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: ['my-name', 'abc-123'],
  bytesMax: labelBytesMax,
});

export const checkWildcardDns1123Subdomain = check({
  pattern: `\\*\\.${subdomain}`,
  message:
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  examples: ['*.example.com'],
  bytesMax: subdomainBytesMax,
});

export const checkLabelValue = check({
  pattern: `(${qualified})?`,
  message:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ['MyValue', 'my_value', '12345'],
  bytesMax: labelBytesMax,
  unit: 'bytes',
});

export const checkCIdentifier = check({
  pattern: '[A-Za-z_][A-Za-z0-9_]*',
  message:
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  examples: ['my_name', 'MY_NAME', 'MyName'],
});

export const checkHttpHeaderName = check({
  pattern: '[-A-Za-z0-9]+',
  message: "a valid HTTP header must consist of alphanumeric characters or '-'",
  examples: ['X-Header-Name'],
});

export const checkPercent = check({
  pattern: '[0-9]+%',
  message: "a valid percent string must be a numeric string followed by an ending '%'",
  examples: ['1%', '93%'],
});

const mapKey = check({
  pattern: '[-._a-zA-Z0-9]+',
  message: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  examples: ['key.name', 'KEY_NAME', 'key-name'],
  bytesMax: subdomainBytesMax,
});

/** A key of a ConfigMap or Secret, which becomes a file name. */
export function checkConfigMapKey(value: string): Problems {
  return joined(mapKey(value), changesDirectory(value));
}

const strictVariable = check({
  pattern: '[-._a-zA-Z][-._a-zA-Z0-9]*',
  message:
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  examples: ['my.env-name', 'MY_ENV.NAME', 'MyEnvName1'],
});

/** What every shell can read: the keys of `envFrom` and of env files. */
export function checkStrictEnvVarName(value: string): Problems {
  return joined(strictVariable(value), changesDirectory(value));
}

/** What a container may be given: any printable ASCII but `=`. */
export function checkEnvVarName(value: string): Problems {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[ -<>-~]*$/.test(value)) return none;
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

function changesDirectory(value: string): Problems {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : none;
}

const qualifiedExpression = new RegExp(`^(?:${qualified})$`);
const qualifiedProblem = regexProblem(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  qualified,
  'MyName',
  'my.name',
  '123-abc',
);

/** A label key, annotation key, finalizer, resource name: `app`, `example.com/app`. */
export function checkQualifiedName(value: string): Problems {
  const slash = value.indexOf('/');
  if (slash >= 0 && value.indexOf('/', slash + 1) >= 0) {
    return [
      `a valid label key ${qualifiedProblem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  if (slash === 0) problems.push('prefix part must be non-empty');
  if (slash > 0) problems.push(...checkDns1123Subdomain(value.slice(0, slash), 'bytes').map(p => `prefix part ${p}`));
  const name = value.slice(slash + 1);
  if (name === '') problems.push('name part must be non-empty');
  else if (exceeds(name, labelBytesMax)) problems.push(`name part ${maxLengthProblem(labelBytesMax, 'bytes')}`);
  if (!qualifiedExpression.test(name)) problems.push(`name part ${qualifiedProblem}`);
  return problems.length === 0 ? none : problems;
}

export function checkPortNumber(port: number | bigint): Problems {
  return port >= 1 && port <= 65535 ? none : [rangeProblem(1, 65535)];
}

/** `must be between 1 and 65535, inclusive` */
export function rangeProblem(min: number, max: number): string {
  return `must be between ${min} and ${max}, inclusive`;
}

const portNameBytesMax = 15;

/** The name of a container's port (RFC 6335): `http`, `grpc-web`. */
export function checkPortName(name: string): Problems {
  const problems: string[] = [];
  if (exceeds(name, portNameBytesMax)) problems.push(maxLengthProblem(portNameBytesMax));
  if (!/^[-a-z0-9]+$/.test(name)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** A name that can stand in a path of the API and of the store: RBAC names may be anything else. */
export function checkPathSegmentName(name: string, isPrefix = false): Problems {
  if (!isPrefix && (name === '.' || name === '..')) return [`may not be '${name}'`];
  return joined(
    name.includes('/') ? ["may not contain '/'"] : none,
    name.includes('%') ? ["may not contain '%'"] : none,
  );
}

function joined(a: Problems, b: Problems): Problems {
  return a.length === 0 ? b : b.length === 0 ? a : [...a, ...b];
}

/** A prefix ends in `-`, so that what is generated after it is right: the last character is not looked at. */
function prefixAware(checkName: (name: string) => Problems): (name: string, isPrefix?: boolean) => Problems {
  return (name, isPrefix = false) =>
    checkName(isPrefix && name.endsWith('-') && name.length > 1 ? `${name.slice(0, -2)}a` : name);
}

/** For `validateName` of a kind: the name itself, or with `isPrefix` a generateName. */
export const nameIsDnsSubdomain = prefixAware(name => checkDns1123Subdomain(name));
export const nameIsDnsLabel = prefixAware(name => checkDns1123Label(name));
export const nameIsDns1035Label = prefixAware(name => checkDns1035Label(name));

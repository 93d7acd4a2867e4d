/**
 * Sets of fields of an object, in the very form in which `managedFields` carries them (FieldsV1):
 *
 *   { "f:spec": { "f:replicas": {}, "f:ports": { "k:{\"port\":80}": { ".": {}, "f:port": {} } } } }
 *
 * A key is one step: `f:` a field or key of a map, `k:` an item of a list by its keys, `v:` an item of a set by its value,
 * `i:` an item by its position. A node is itself in the set when it has `.` or nothing at all; the root never is.
 * Sets are immutable: operations share what they do not change, and give back the same object when nothing changes.
 */

export interface FieldSet {
  readonly [step: string]: FieldSet;
}

type Mutable = Record<string, FieldSet>;

export const leaf: FieldSet = Object.freeze({});
export const noFields: FieldSet = Object.freeze({});

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether the place itself is in the set, not only something below it. */
function owns(node: FieldSet): boolean {
  return Object.hasOwn(node, '.') || isEmptySet(node);
}

function withOwn(own: boolean, children: Mutable): FieldSet | undefined {
  if (isEmptySet(children)) return own ? leaf : undefined;
  return own ? { '.': leaf, ...children } : children;
}

function childrenOf(node: FieldSet): Mutable {
  const { '.': _, ...children } = node;
  return children;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  let out: Mutable | undefined;
  for (const step in b) {
    if (step === '.') continue;
    const mine = a[step];
    const joined = mine === undefined ? b[step]! : unionNode(mine, b[step]!);
    if (joined !== mine) (out ??= { ...a })[step] = joined;
  }
  return out ?? a;
}

function unionNode(a: FieldSet, b: FieldSet): FieldSet {
  const own = owns(a) || owns(b);
  if (isEmptySet(a) && isEmptySet(b)) return a;
  const children = union(childrenOf(a), childrenOf(b));
  return withOwn(own, children as Mutable) ?? leaf;
}

/** What is in `a` and not in `b`, place by place. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, differenceNode);
}

function differenceNode(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const own = owns(a);
  const keep = own && !owns(b);
  const children = difference(a, b);
  if (children === a && keep === own) return a;
  return withOwn(keep, childrenOf(children));
}

/** What is in `a` and neither in `b` nor below a place that is in `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, recursiveDifferenceNode);
}

function recursiveDifferenceNode(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (owns(b)) return undefined;
  const children = recursiveDifference(a, b);
  return children === a ? a : withOwn(owns(a), childrenOf(children));
}

function subtract(a: FieldSet, b: FieldSet, node: (a: FieldSet, b: FieldSet) => FieldSet | undefined): FieldSet {
  let out: Mutable | undefined;
  for (const step in a) {
    const theirs = step === '.' ? undefined : b[step];
    if (theirs === undefined) continue;
    const left = node(a[step]!, theirs);
    if (left === a[step]) continue;
    out ??= { ...a };
    if (left === undefined) delete out[step];
    else out[step] = left;
  }
  return out ?? a;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: Mutable = {};
  for (const step in a) {
    const theirs = step === '.' ? undefined : b[step];
    if (theirs === undefined) continue;
    const mine = a[step]!;
    const both = withOwn(owns(mine) && owns(theirs), intersection(mine, theirs) as Mutable);
    if (both !== undefined) out[step] = both;
  }
  return out;
}

/** Whether the place is in the set. */
export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const step of path) node = node?.[step];
  return node !== undefined && path.length > 0 && owns(node);
}

/** Every place of the set in upstream's order: those of one level first, then what is below each. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  const steps = Object.keys(set).filter(step => step !== '.');
  for (const step of steps) if (owns(set[step]!)) yield [...prefix, step];
  for (const step of steps) yield* pathsOf(set[step]!, [...prefix, step]);
}

/** The set of the given places, each named by its fields: `[['metadata', 'name'], ['kind']]`. */
export function setOfFields(paths: readonly (readonly string[])[]): FieldSet {
  let set = noFields;
  for (const path of paths) {
    set = union(
      set,
      path.reduceRight<FieldSet>((below, name) => ({ [`f:${name}`]: below }), leaf),
    );
  }
  return set;
}

/** The same set with its steps in upstream's order, as they are written out. */
export function sorted(set: FieldSet): FieldSet {
  const steps = Object.keys(set);
  const inOrder = isSorted(steps);
  let out: Mutable | undefined;
  if (!inOrder) {
    out = {};
    for (const step of steps.sort(compareSteps)) out[step] = set[step]!;
  }
  for (const step of steps) {
    const node = set[step]!;
    const below = sorted(node);
    if (below !== node) (out ??= { ...set })[step] = below;
  }
  return out ?? set;
}

function isSorted(steps: readonly string[]): boolean {
  for (let at = 1; at < steps.length; at++) if (compareSteps(steps[at - 1]!, steps[at]!) > 0) return false;
  return true;
}

const kindOrder = '.fkvi';

function compareSteps(a: string, b: string): number {
  const kind = a[0]!;
  if (kind !== b[0]) return kindOrder.indexOf(kind) - kindOrder.indexOf(b[0]!);
  if (kind === 'i') return Number(a.slice(2)) - Number(b.slice(2));
  if (kind === 'f') return compareText(a, b);
  const [left, right] = [plainStep.exec(a), plainStep.exec(b)];
  if (left !== null && right !== null && left[1] === right[1]) return compareText(left[2]!, right[2]!);
  const [mine, theirs] = [JSON.parse(a.slice(2)), JSON.parse(b.slice(2))];
  return kind === 'k' ? compareKeys(mine, theirs) : compareValues(mine, theirs);
}

/** `v:"x"` or `k:{"name":"x"}`: most steps of lists, compared without being parsed. */
const plainStep = /^(v:|k:\{"\w+":)"([^"\\]*)"\}?$/;

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareKeys(a: Record<string, unknown>, b: Record<string, unknown>): number {
  const left = Object.keys(a);
  const right = Object.keys(b);
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const names = compareValues(left[at], right[at]);
    const order = names !== 0 ? names : compareValues(a[left[at]!], b[right[at]!]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

const typeOrder = ['number', 'string', 'boolean'];

function compareValues(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) return typeOrder.indexOf(typeof a) - typeOrder.indexOf(typeof b);
  if (typeof a === 'object') return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}

const depthMax = 200;

/**
 * A set that came from outside, put into the one form that this file works on. Steps of a kind that nobody knows yet
 * are left out; what is no set at all gives undefined.
 */
export function parseFieldSet(json: unknown, depth = 0): FieldSet | undefined {
  if (json === undefined || json === null) return noFields;
  if (typeof json !== 'object' || Array.isArray(json) || depth > depthMax) return undefined;
  const out: Mutable = {};
  for (const [written, value] of Object.entries(json)) {
    if (written === '.') {
      out['.'] = leaf;
      continue;
    }
    const step = parseStep(written);
    if (step === undefined) return undefined;
    const below = parseFieldSet(value, depth + 1);
    if (below === undefined) return undefined;
    if (step !== null) out[step] = below;
  }
  if (depth > 0 && isEmptySet(childrenOf(out))) return leaf;
  if (depth === 0) delete out['.'];
  return out;
}

/** Null: of a kind that is not known. Undefined: malformed. */
function parseStep(written: string): string | null | undefined {
  if (written.length < 2 || written[1] !== ':') return written.length < 2 ? undefined : null;
  const rest = written.slice(2);
  try {
    switch (written[0]) {
      case 'f':
        return written;
      case 'i':
        return /^-?\d+$/.test(rest) ? written : undefined;
      case 'v':
        return `v:${JSON.stringify(JSON.parse(rest))}`;
      case 'k':
        return keyStep(JSON.parse(rest));
      default:
        return null;
    }
  } catch {
    return undefined;
  }
}

/** The step to the item of a list that has these keys. */
function keyStep(keys: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(keys).sort();
  return `k:{${names.map(name => `${JSON.stringify(name)}:${JSON.stringify(keys[name])}`).join(',')}}`;
}

/** How messages name a place: `.spec.containers[name="c"].image`. */
export function shownPath(path: readonly string[]): string {
  return path.map(shownStep).join('');
}

function shownStep(step: string): string {
  const rest = step.slice(2);
  switch (step[0]) {
    case 'k': {
      const keys = Object.entries(JSON.parse(rest));
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${rest}]`;
    case 'i':
      return `[${rest}]`;
    default:
      return `.${rest}`;
  }
}

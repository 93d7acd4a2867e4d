/** Where in an object something stands, as messages name it: `spec.containers[0].ports[1].hostPort`, `metadata.labels[a/b]`. */

/** A path is its text: cheap to pass on, and only built while something is being validated. */
export type FieldPath = string;

export const root: FieldPath = '';

/** `spec` + `containers` is `spec.containers`. */
export function child(path: FieldPath, ...names: readonly string[]): FieldPath {
  let out = path;
  for (const name of names) out = out === '' ? name : `${out}.${name}`;
  return out;
}

export function index(path: FieldPath, position: number): FieldPath {
  return `${path}[${position}]`;
}

/** An entry of a map: `metadata.labels[app]`. */
export function key(path: FieldPath, name: string): FieldPath {
  return `${path}[${name}]`;
}

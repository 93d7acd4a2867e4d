/** JSON values as Go's `%v` prints them, which some messages of upstream carry: `map[a:1 b:[x y] c:<nil>]`. */
export function goFormat(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goFormat).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object).sort();
  return `map[${keys.map(key => `${key}:${goFormat(object[key])}`).join(' ')}]`;
}

/** The Go type that a JSON value is decoded to: `map[string]interface {}`, `[]interface {}`, `int64`. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'object':
      return 'map[string]interface {}';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64';
    case 'bigint':
      return 'int64';
    default:
      return 'string';
  }
}

/** Values by their paths, as the recordings of nodes name them. */

import type { AnyJson } from '#machinery/schema.ts';

/** `status.containerStatuses[c].state`, `items[0].name`: names and types choose from lists, and so do numbers. */
export function partsOf(path: string): string[] {
  return path.match(/\["[^"]*"\]|\[[^\]]*\]|[^.[\]]+/g) ?? [];
}

const keyOf = (part: string) => part.slice(1, -1).replace(/^"|"$/g, '');
const isNamed = (item: AnyJson, name: string) =>
  [item?.type, item?.name, item?.conditionType, item?.containerName].includes(name);

export function valueAt(object: AnyJson, path: string): AnyJson {
  for (const part of partsOf(path)) {
    if (object === undefined || object === null) return undefined;
    if (!part.startsWith('[')) object = object[part];
    else if (!Array.isArray(object)) object = object[keyOf(part)];
    else if (/^\[\d+\]$/.test(part)) object = object[Number(keyOf(part))];
    else object = object.find(item => isNamed(item, keyOf(part)));
  }
  return object;
}

/** Sets a value in place, making what is missing on the way; undefined takes it away. */
export function setAt(object: AnyJson, path: string, value: AnyJson): void {
  const parts = partsOf(path);
  const last = parts.at(-1) as string;
  for (const [i, part] of parts.slice(0, -1).entries()) {
    if (Array.isArray(object)) object = itemOf(object, part);
    else object = object[keyName(part)] ??= isOfList(parts[i + 1]) ? [] : {};
  }
  if (!Array.isArray(object)) {
    if (value === undefined) delete object[keyName(last)];
    else object[keyName(last)] = value;
    return;
  }
  const at = object.findIndex(item => isNamed(item, keyOf(last)));
  if (value === undefined) object.splice(at, at < 0 ? 0 : 1);
  else if (at < 0) object.push(value);
  else object[at] = { ...nameOf(object[at]), ...value };
}

const isOfList = (part: string | undefined) => part !== undefined && /^\[[^"]/.test(part);
const keyName = (part: string) => (part.startsWith('[') ? keyOf(part) : part);

function itemOf(list: AnyJson[], part: string): AnyJson {
  const name = keyOf(part);
  const found = list.find(item => isNamed(item, name));
  if (found !== undefined) return found;
  const made = { name };
  list.push(made);
  return made;
}

function nameOf(item: AnyJson): object {
  return Object.fromEntries(['type', 'name'].filter(key => key in item).map(key => [key, item[key]]));
}

/** Every leaf as `path = value`; items of lists of conditions and containers by their names. */
export function leavesOf(value: AnyJson, path = ''): string[] {
  if (Array.isArray(value) && value.length > 0) {
    const isNamedList = value.every(
      item => typeof item === 'object' && item !== null && ('type' in item || 'name' in item),
    );
    return value.flatMap((item, i) => leavesOf(item, `${path}[${isNamedList ? (item.type ?? item.name) : i}]`));
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    return Object.keys(value).flatMap(key => leavesOf(value[key], path === '' ? key : `${path}.${key}`));
  }
  return [`${path} = ${JSON.stringify(value)}`];
}

export function isAsWanted(value: AnyJson, wanted: AnyJson): boolean {
  if (typeof wanted !== 'object' || wanted === null) {
    return wanted === 0 ? (value ?? 0) === 0 : String(value) === String(wanted);
  }
  if ('in' in wanted) return wanted.in.includes(value);
  if ('exists' in wanted) return (value !== undefined) === wanted.exists;
  if ('len' in wanted) return (value?.length ?? 0) === wanted.len;
  return (value ?? 0) >= wanted.gte;
}

export const allWanted = (object: AnyJson, wanted: Record<string, AnyJson>): boolean =>
  Object.entries(wanted).every(([path, value]) => isAsWanted(valueAt(object, path), value));

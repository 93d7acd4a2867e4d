/**
 * The hash of a Pod template that tells ReplicaSets of one Deployment apart, and the names made of such hashes.
 *
 * It is stable: the same template and collision count give the same hash, whatever the order of its keys. (Upstream hashes
 * a dump of its Go structs, so its values differ; nothing reads meaning into them.)
 */

import type { AnyJson } from '#machinery/schema.ts';

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

export function templateHash(template: AnyJson, collisionCount: number | undefined): string {
  let text = canonical(template);
  if (collisionCount !== undefined) text += `#${collisionCount}`;
  return safeText(String(fnv32a(text)));
}

/** Digits as letters that make no words: `412228805` is `85666dd49` (k8s.io/apimachinery/pkg/util/rand.SafeEncodeString). */
export function safeText(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) out += alphabet[text.charCodeAt(i) % alphabet.length];
  return out;
}

export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function canonical(value: AnyJson): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const keys = Object.keys(value).filter(key => value[key] !== undefined);
  return `{${keys
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join(',')}}`;
}

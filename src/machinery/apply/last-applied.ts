/**
 * The way over from client-side apply: kubectl once kept what it applied in an annotation. What that says and the object
 * still has is kubectl's own, so taking it over is no conflict; and the annotation is kept up to date.
 */

import { compareObjects } from '#machinery/apply/compare.ts';
import type { FieldSet } from '#machinery/apply/field-set.ts';
import { difference, noFields } from '#machinery/apply/field-set.ts';
import { namedFields } from '#machinery/apply/typed.ts';
import { configProblem } from '#machinery/apply/validate.ts';
import type { AnyJson, Schema } from '#machinery/schema.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
const annotationBytesMax = 256 * 1024;

/** The manager that kubectl applies as. */
export const kubectlManager = 'kubectl';

/** What the annotation names and the object still has as it names it. */
export function fieldsLastApplied(schema: Schema, live: AnyJson, apiVersion: string): FieldSet {
  const config = parse(live?.metadata?.annotations?.[annotation]);
  if (config?.apiVersion !== apiVersion || configProblem(schema, config) !== undefined) return noFields;
  const { added, modified, removed } = compareObjects(schema, config, live);
  return difference(difference(difference(namedFields(schema, config) ?? noFields, modified), added), removed);
}

function parse(text: string | undefined): AnyJson {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** The object with the annotation saying what was applied now, when it has one. */
export function withLastApplied(object: AnyJson, config: AnyJson): AnyJson {
  const annotations = object?.metadata?.annotations;
  if (!annotations?.[annotation]) return object;
  const text = `${JSON.stringify(sortedKeys(withoutAnnotation(config)))}\n`;
  const fits = Buffer.byteLength(text) <= annotationBytesMax;
  const metadata = { ...object.metadata, annotations: { ...annotations, [annotation]: fits ? text : '' } };
  return { ...object, metadata };
}

function withoutAnnotation(config: AnyJson): AnyJson {
  if (config.metadata?.annotations === undefined) return config;
  const { [annotation]: _, ...annotations } = config.metadata.annotations ?? {};
  return { ...config, metadata: { ...config.metadata, annotations } };
}

function sortedKeys(value: AnyJson): AnyJson {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? Number(value) : value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, sortedKeys(value[key])]),
  );
}

/** The environment of a container, resolved. */

import type { ConfigMap } from '#api/core/config-map.ts';
import type { Container } from '#api/core/container.ts';
import type { EnvFromSource, EnvVar } from '#api/core/env.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Secret } from '#api/core/secret.ts';
import type { Service } from '#api/core/service.ts';
import type { Downward } from '#kubelet/downward.ts';
import { podField, resourceField } from '#kubelet/downward.ts';
import { serviceEnvironment } from '#kubelet/service-env.ts';

/** Where the environment takes its values from. */
export interface EnvironmentSource {
  /** Undefined when there is none. */
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  /** Those of the namespace, and `kubernetes` of the default one; resolves once they are known. */
  services(namespace: string): Promise<readonly Service[]>;
}

/** A container cannot be made as it is asked for. The message goes into the status. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

export interface EnvironmentInput {
  pod: Pod;
  container: Container;
  source: EnvironmentSource;
  downward: Downward;
  /** Reads a file of a volume for `fileKeyRef`: the text, with the path it was read from. */
  readFile?: ((volumeName: string, path: string) => Promise<{ path: string; text: string | undefined }>) | undefined;
}

export async function makeEnvironment(input: EnvironmentInput): Promise<Map<string, string>> {
  const { pod, container, source } = input;
  const namespace = pod.metadata?.namespace ?? '';
  const environment = new Map<string, string>();
  for (const from of container.envFrom ?? []) await addAll(environment, from, namespace, source);
  const links = serviceEnvironment(await source.services(namespace), namespace, pod.spec?.enableServiceLinks ?? true);
  const known = (name: string) => environment.get(name) ?? links.get(name);
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined ? expand(variable.value ?? '', known) : await fromSource(variable, input);
    if (value !== undefined) environment.set(variable.name, value);
  }
  for (const [name, value] of links) if (!environment.has(name)) environment.set(name, value);
  return environment;
}

async function addAll(
  environment: Map<string, string>,
  { prefix = '', configMapRef, secretRef }: EnvFromSource,
  namespace: string,
  source: EnvironmentSource,
): Promise<void> {
  if (configMapRef !== undefined) {
    const { name = '' } = configMapRef;
    const map = await source.configMap(namespace, name);
    if (map === undefined && !configMapRef.optional) throw new ConfigError(`configmap "${name}" not found`);
    for (const [key, value] of Object.entries(map?.data ?? {})) environment.set(prefix + key, value);
  }
  if (secretRef !== undefined) {
    const { name = '' } = secretRef;
    const secret = await source.secret(namespace, name);
    if (secret === undefined && !secretRef.optional) throw new ConfigError(`secret "${name}" not found`);
    for (const [key, value] of Object.entries(secret?.data ?? {})) environment.set(prefix + key, decoded(value));
  }
}

/** Undefined: the variable is optional and has no value. */
async function fromSource({ valueFrom = {} }: EnvVar, input: EnvironmentInput): Promise<string | undefined> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  const { pod, container, source, downward } = input;
  const namespace = pod.metadata?.namespace ?? '';
  if (fieldRef !== undefined) return podField(pod, fieldRef.fieldPath, downward);
  if (resourceFieldRef !== undefined) return resourceField(pod, container, resourceFieldRef, downward);
  if (configMapKeyRef !== undefined) {
    const { name = '', key, optional } = configMapKeyRef;
    const map = await source.configMap(namespace, name);
    const value = map?.data?.[key];
    if (value !== undefined || optional) return value;
    if (map === undefined) throw new ConfigError(`configmap "${name}" not found`);
    throw new ConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
  }
  if (secretKeyRef !== undefined) {
    const { name = '', key, optional } = secretKeyRef;
    const secret = await source.secret(namespace, name);
    const value = secret?.data?.[key];
    if (value !== undefined) return decoded(value);
    if (optional) return undefined;
    if (secret === undefined) throw new ConfigError(`secret "${name}" not found`);
    throw new ConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
  }
  if (fileKeyRef !== undefined) return fromFile(fileKeyRef, input);
  return undefined;
}

async function fromFile(
  {
    volumeName,
    path,
    key,
    optional,
  }: { volumeName: string; path: string; key: string; optional?: boolean | undefined },
  { readFile }: EnvironmentInput,
): Promise<string | undefined> {
  const file = await readFile?.(volumeName, path);
  const value = file?.text === undefined ? undefined : parseEnvFile(file.text).get(key);
  if (value !== undefined || optional) return value;
  throw new ConfigError(`environment variable key "${key}" not found in file "${file?.path ?? path}"`);
}

/** Lines of `NAME='value'`; blank ones and comments are passed over. */
export function parseEnvFile(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([^=#\s][^=]*?)\s*=\s*(?:'([^']*)'|"([^"]*)"|(.*?))\s*$/.exec(line);
    if (match !== null) values.set(match[1] as string, match[2] ?? match[3] ?? match[4] ?? '');
  }
  return values;
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

/**
 * `$(NAME)` is replaced where the name is known and stays where it is not; `$$` is a dollar sign, so that `$$(NAME)`
 * comes out as `$(NAME)`.
 */
export function expand(text: string, known: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (known(name) ?? whole),
  );
}

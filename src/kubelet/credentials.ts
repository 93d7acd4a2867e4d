/** The credentials that a Pod's imagePullSecrets have for an image. */

import type { Pod } from '#api/core/pod.ts';
import type { Secret } from '#api/core/secret.ts';
import type { AuthConfig } from '#kubelet/cri/runtime.ts';
import type { EnvironmentSource } from '#kubelet/env.ts';
import { parseImageName } from '#kubelet/image-name.ts';

interface DockerAuth {
  username?: string;
  password?: string;
  auth?: string;
}

/** Those of the longest matching path first. A Secret that is missing gives none. */
export async function pullCredentials(source: EnvironmentSource, pod: Pod, image: string): Promise<AuthConfig[]> {
  const parsed = parseImageName(image);
  if (!parsed.ok) return [];
  const wanted = `${parsed.registry}/${parsed.repository}`;
  const found: { path: string; auth: AuthConfig }[] = [];
  for (const { name = '' } of pod.spec?.imagePullSecrets ?? []) {
    const secret = await source.secret(pod.metadata?.namespace ?? '', name);
    for (const [server, entry] of Object.entries(secret === undefined ? {} : authsOf(secret))) {
      const path = normalized(server);
      if (matches(path, wanted)) found.push({ path, auth: authConfig(server, entry) });
    }
  }
  return found.sort((a, b) => b.path.length - a.path.length).map(({ auth }) => auth);
}

/** The names of its imagePullSecrets that are not there. */
export async function missingPullSecrets(source: EnvironmentSource, pod: Pod): Promise<string[]> {
  const names = (pod.spec?.imagePullSecrets ?? []).map(({ name = '' }) => name).filter(name => name !== '');
  const found = await Promise.all(names.map(name => source.secret(pod.metadata?.namespace ?? '', name)));
  return names.filter((_, at) => found[at] === undefined);
}

function authsOf({ type, data }: Secret): Record<string, DockerAuth> {
  try {
    if (type === 'kubernetes.io/dockerconfigjson') return decode(data?.['.dockerconfigjson'])?.auths ?? {};
    if (type === 'kubernetes.io/dockercfg') return decode(data?.['.dockercfg']) ?? {};
  } catch {
    // Not JSON: nobody can be told here, and the pull will say that it may not.
  }
  return {};
}

function decode(base64: string | undefined) {
  return base64 === undefined ? undefined : JSON.parse(Buffer.from(base64, 'base64').toString());
}

/** `https://index.docker.io/v1/` is how Docker calls its own registry. */
function normalized(server: string): string {
  const path = server
    .replace(/^https?:\/\//, '')
    .replace(/\/v[12]\/?$/, '')
    .replace(/\/$/, '');
  return path === 'index.docker.io' ? 'docker.io' : path;
}

/** `*.example.com/team` is a pattern for hosts, and for all repositories below `team`. */
function matches(pattern: string, wanted: string): boolean {
  const [patternHost = '', ...patternPath] = pattern.split('/');
  const [host = '', ...path] = wanted.split('/');
  const labels = patternHost.split('.');
  const hostLabels = host.split('.');
  const glob = (label: string, index: number) =>
    new RegExp(`^${label.replace(/[\\^$+?.()|[\]{}]/g, '\\$&').replaceAll('*', '[^.]*')}$`).test(
      hostLabels[index] ?? '',
    );
  if (labels.length !== hostLabels.length || !labels.every(glob)) return false;
  return path.join('/').startsWith(patternPath.join('/'));
}

function authConfig(serverAddress: string, { username, password, auth }: DockerAuth): AuthConfig {
  if (auth === undefined || username !== undefined) return { username, password, serverAddress };
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  return { username: text.slice(0, colon), password: text.slice(colon + 1), serverAddress };
}

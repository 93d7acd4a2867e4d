/**
 * Tells extension API servers how to know whom they serve: the ConfigMap `extension-apiserver-authentication` holds the CA of
 * clients and that of the front proxy, with the headers that it may set. Several servers add their CAs to the same object.
 */

import { type ConfigMap, configMaps } from '#api/core/config-map.ts';
import type { ObjectWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import { rfc3339 } from '#lib/clock.ts';
import { pem, pemBlocks } from '#lib/pki.ts';
import { ApiError } from '#machinery/api-error.ts';

const namespace = 'kube-system';
const name = 'extension-apiserver-authentication';
const trackingName = 'kube-apiserver-legacy-service-account-token-tracking';
/** How often a lost race is run again. */
const attemptsMax = 3;

export interface AuthenticationInfo {
  /** In DER. */
  readonly clientAuthority: Uint8Array;
  readonly frontProxyAuthority: Uint8Array;
}

export async function publishAuthenticationInfo(writer: ObjectWriter, info: AuthenticationInfo): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const found = (await writer.get(configMaps, namespace, name)) as ConfigMap | undefined;
    const data = mergedInfo(found?.data ?? {}, info);
    if (found !== undefined && JSON.stringify(found.data) === JSON.stringify(data)) return;
    try {
      if (found === undefined) await writer.create(configMaps, configMap(name, data));
      else await writer.update(configMaps, { ...found, data });
      return;
    } catch (error) {
      const lostRace = error instanceof ApiError && (error.reason === 'AlreadyExists' || error.reason === 'Conflict');
      if (!lostRace || attempt === attemptsMax) throw error;
    }
  }
}

/** Since when tokens of Secrets are watched for use: whoever cleans up old ones looks here. */
export async function publishTokenTracking(writer: ObjectWriter, nowMs: number): Promise<void> {
  if ((await writer.get(configMaps, namespace, trackingName)) !== undefined) return;
  try {
    await writer.create(configMaps, configMap(trackingName, { since: rfc3339(nowMs).slice(0, 10) }));
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error;
  }
}

function configMap(mapName: string, data: Record<string, string>): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: mapName }, data };
}

/** What is there, with ours added: CAs of other servers stay. */
export function mergedInfo(data: Readonly<Record<string, string>>, info: AuthenticationInfo): Record<string, string> {
  return {
    ...data,
    'client-ca-file': withCertificate(data['client-ca-file'], info.clientAuthority),
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-client-ca-file': withCertificate(data['requestheader-client-ca-file'], info.frontProxyAuthority),
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  };
}

function withCertificate(text = '', certificate: Uint8Array): string {
  const known = pemBlocks(text, 'CERTIFICATE').some(block => Buffer.compare(block, certificate) === 0);
  return known ? text : text + pem('CERTIFICATE', certificate);
}

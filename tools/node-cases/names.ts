/** What is called otherwise here than where the recordings were made, in both directions. */

import type { AnyJson } from '#machinery/schema.ts';

export interface Place {
  /** Stands for the recorder's `/tmp/node`. */
  folder: string;
  nodeName: string;
  nodeAddress: string;
  kubeletFolder: string;
  podLogsFolder: string;
  netns: string;
  containerdSocket: string;
  /** Above `kubepods`, from the root of a hierarchy: `proa/x/node-1`. */
  cgroup: string;
}

const uidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Not the one by which Go describes times. */
const timePattern = /\b(?!2006-01-02)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;

/** The names of one case. */
export class Names {
  readonly namespace: string;
  readonly place: Place;
  /** Of Pods, by address and by uid. */
  readonly #podsByIp = new Map<string, string>();
  readonly #podsByUid = new Map<string, string>();
  readonly #containers = new Map<string, string>();
  readonly #attempts = new Map<string, number>();
  readonly #uids = new Map<string, string>();
  readonly #newest = new Map<string, string>();

  constructor(namespace: string, place: Place) {
    this.namespace = namespace;
    this.place = place;
  }

  uidOf(pod: string): string {
    return [...this.#podsByUid].find(([, name]) => name === pod)?.[0] ?? '';
  }

  see(pod: AnyJson): void {
    const { name, uid } = pod.metadata;
    this.#podsByUid.set(uid, name);
    for (const { ip } of pod.status?.podIPs ?? []) if (ip !== this.place.nodeAddress) this.#podsByIp.set(ip, name);
    const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
    for (const status of [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses]) {
      for (const id of [
        status.lastState?.terminated?.containerID,
        status.state?.terminated?.containerID,
        status.containerID,
      ]) {
        if (id !== undefined) this.#seeContainer(id, `${name}/${status.name}`);
      }
    }
  }

  #seeContainer(id: string, owner: string): void {
    if (this.#containers.has(id)) return;
    const attempt = (this.#attempts.get(owner) ?? 0) + 1;
    this.#attempts.set(owner, attempt);
    this.#containers.set(id, `<cid ${owner}#${attempt}>`);
    this.#containers.set(id.replace(/^.*:\/\//, ''), `<cid ${owner}#${attempt}>`);
    this.#newest.set(owner, id.replace(/^.*:\/\//, ''));
  }

  /** A recorded request as it is sent here. */
  here(value: AnyJson, replies: readonly AnyJson[] = []): AnyJson {
    if (Array.isArray(value)) return value.map(item => this.here(item, replies));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.here(key), this.here(item, replies)]));
    }
    if (typeof value !== 'string') return value;
    const { folder, nodeAddress, nodeName } = this.place;
    return value
      .replaceAll('{{ns}}', this.namespace)
      .replace(/\{\{uid ([^}]*)\}\}/g, (_, pod) => this.uidOf(pod))
      .replace(/\{\{cid ([^}]*)\}\}/g, (_, owner) => this.#newest.get(owner) ?? '')
      .replace(/\{\{(\d+)\.([^}]*)\}\}/g, (_, index, path) => {
        const parts: string[] = path.split('.');
        return parts.reduce((object: AnyJson, part) => object?.[part], replies[Number(index)]);
      })
      .replace(/\bnode-a\b/g, nodeName)
      .replace(/\b10\.77\.0\.1\b/g, nodeAddress)
      .replace(/\b10\.77\.0\.(\d+)\b/g, nodeAddress.replace(/\d+$/, '$1'))
      .replaceAll('/tmp/node/containerd.sock', this.place.containerdSocket)
      .replaceAll('/tmp/node/podlogs', this.place.podLogsFolder)
      .replaceAll('/tmp/node', folder);
  }

  /** A text of ours as the recorder would have written it. */
  text(value: string): string {
    const { folder, kubeletFolder, nodeAddress, nodeName, podLogsFolder, containerdSocket, cgroup } = this.place;
    let text = value
      .replaceAll(this.namespace, '{{ns}}')
      .replaceAll(
        containerdSocket.replace(/containerd\.sock$/, 'state/io.containerd.grpc.v1.cri/netns'),
        '/var/run/netns',
      )
      .replaceAll(podLogsFolder, '<pod-logs>')
      .replaceAll(kubeletFolder, '<kubelet-root>')
      .replaceAll(containerdSocket, '/tmp/node/containerd.sock')
      .replaceAll(folder, '/tmp/node')
      .replaceAll(`/${cgroup}/`, '/')
      .replaceAll(new RegExp(`\\b${nodeName}\\b`, 'g'), 'node-a');
    for (const [ip, name] of this.#podsByIp)
      text = text.replaceAll(new RegExp(`\\b${ip.replaceAll('.', '\\.')}\\b`, 'g'), `<podip:${name}>`);
    for (const [uid, name] of this.#podsByUid) text = text.replaceAll(uid, `<uid:${name}>`);
    for (const [id, tag] of this.#containers) text = text.replaceAll(id, tag);
    return text
      .replaceAll(new RegExp(`\\b${nodeAddress.replaceAll('.', '\\.')}\\b`, 'g'), '<hostip>')
      .replace(/\b10\.244\.\d+\.1\b/g, '<gateway>')
      .replace(/\b10\.96\.\d+\.\d+\b/g, ip =>
        ['10.96.0.1', '10.96.0.10', '10.96.0.0'].includes(ip) ? ip : '<clusterip>',
      )
      .replace(/\bsha256:[0-9a-f]{64}\b/g, '<imageid>')
      .replace(/\b[0-9a-f]{64}\b/g, '<cid>')
      .replace(/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-<gen>')
      .replace(timePattern, '<time>')
      .replace(uidPattern, uid => this.#uidTag(uid));
  }

  /** Uids of no Pod, in the order in which they are come upon. */
  #uidTag(uid: string): string {
    const tag = this.#uids.get(uid) ?? `<uid-${this.#uids.size + 1}>`;
    this.#uids.set(uid, tag);
    return tag;
  }

  walk(value: AnyJson, key = ''): AnyJson {
    if (Array.isArray(value)) return value.map(item => this.walk(item, key));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [this.text(name), this.walk(item, name)]));
    }
    if (typeof value !== 'string') return value;
    if (key === 'imageID' && value !== '') return '<imageid>';
    if (key === 'resourceVersion') return '<rv>';
    return this.text(value);
  }
}

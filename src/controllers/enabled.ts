/** Which controllers run: upstream's `--controllers`, a list of `*`, `name` and `-name`. Pure. */

/** On only when they are named: not even `*` turns them on. */
const offByDefault = new Set(['bootstrap-signer-controller', 'token-cleaner-controller']);

/** Upstream's controllers that have no work here, or that are still to be written: the name is known, nothing runs. */
const notRun = new Set([
  'bootstrap-signer-controller',
  'cloud-node-lifecycle-controller',
  'horizontal-pod-autoscaler-controller',
  'kube-apiserver-serving-clustertrustbundle-publisher-controller',
  'legacy-serviceaccount-token-cleaner-controller',
  'node-route-controller',
  'persistentvolume-attach-detach-controller',
  'podcertificaterequest-cleaner-controller',
  'resourceclaim-controller',
  'selinux-warning-controller',
  'service-lb-controller',
  'storage-version-migrator-controller',
  'storageversion-garbage-collector-controller',
  'validatingadmissionpolicy-status-controller',
  'volumeattributesclass-protection-controller',
  'device-taint-eviction-controller',
]);

export class UnknownController extends Error {
  constructor(name: string) {
    super(`Cannot choose the controllers: "${name}" is not in the list of known controllers`);
  }
}

/** The names that run, in the order of `known`. The first mention of a name counts, before any `*`. */
export function enabledControllers(list: readonly string[], known: readonly string[]): string[] {
  for (const entry of list) {
    const name = entry.replace(/^-/, '');
    if (entry !== '*' && !known.includes(name) && !notRun.has(name)) throw new UnknownController(name);
  }
  return known.filter(name => {
    for (const entry of list) {
      if (entry === name) return true;
      if (entry === `-${name}`) return false;
    }
    return list.includes('*') && !offByDefault.has(name);
  });
}

/**
 * Which feature gates of v1.36 are on. A field behind a gate that is off is dropped from what is written, silently, as
 * upstream does (recorded: `schedulingGroup`, StatefulSet `maxUnavailable`, `stopSignal`).
 */
const off: ReadonlySet<string> = new Set([
  'ClusterTrustBundleProjection',
  'ContainerStopSignals',
  'CoordinatedLeaderElection',
  'CrossNamespaceVolumeDataSource',
  'DRANodeAllocatableResources',
  'DRAListTypeAttributes',
  'GenericWorkload',
  'MaxUnavailableStatefulSet',
  'ShardedListAndWatch',
  'VolumeLimitScaling',
]);

export function gateIsOn(gate: string): boolean {
  return !off.has(gate);
}

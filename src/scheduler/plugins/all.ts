/** The plugins, in the order in which they are asked: the first that refuses a node is the reason that is shown. */

import type { Plugin } from '#scheduler/plugin.ts';
import { imageLocality } from '#scheduler/plugins/image-locality.ts';
import { interPodAffinity } from '#scheduler/plugins/inter-pod-affinity.ts';
import { nodeAffinity } from '#scheduler/plugins/node-affinity.ts';
import { nodeName } from '#scheduler/plugins/node-name.ts';
import { nodePorts } from '#scheduler/plugins/node-ports.ts';
import { nodeResourcesBalancedAllocation } from '#scheduler/plugins/node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from '#scheduler/plugins/node-resources-fit.ts';
import { nodeUnschedulable } from '#scheduler/plugins/node-unschedulable.ts';
import { podTopologySpread } from '#scheduler/plugins/pod-topology-spread.ts';
import { taintToleration } from '#scheduler/plugins/taint-toleration.ts';
import { volumeBinding } from '#scheduler/plugins/volume-binding.ts';
import { volumeRestrictions } from '#scheduler/plugins/volume-restrictions.ts';
import { volumeZone } from '#scheduler/plugins/volume-zone.ts';

export const allPlugins: readonly Plugin[] = [
  nodeUnschedulable, //               cordoned nodes
  nodeName, //                        a Pod that names its node
  taintToleration, //                 taints and tolerations
  nodeAffinity, //                    nodeSelector and node affinity
  nodePorts, //                       ports of the host
  nodeResourcesFit, //                enough of everything; the least used is best
  volumeRestrictions, //              claims that one Pod only may use
  volumeBinding, //                   volumes that are bound, or can be
  volumeZone, //                      volumes that are in a zone
  podTopologySpread, //               as many Pods in every zone
  interPodAffinity, //                near to or away from other Pods
  nodeResourcesBalancedAllocation, // CPU and memory used to the same share
  imageLocality, //                   nodes that have the images
];

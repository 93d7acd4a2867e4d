/** Every controller by upstream's name: the table of contents. */

import { tokenCleanerController } from '#controllers/bootstrap/token-cleaner.ts';
import { certificateApprovingController } from '#controllers/certificates/approving.ts';
import { certificateCleanerController } from '#controllers/certificates/cleaner.ts';
import { certificateSigningController } from '#controllers/certificates/signing.ts';
import { clusterRoleAggregationController } from '#controllers/clusterrole/controller.ts';
import { cronJobController } from '#controllers/cronjob/controller.ts';
import { daemonSetController } from '#controllers/daemonset/controller.ts';
import { deploymentController } from '#controllers/deployment/controller.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { disruptionController } from '#controllers/disruption/controller.ts';
import { endpointsController } from '#controllers/endpoints/controller.ts';
import { endpointSliceController } from '#controllers/endpointslice/controller.ts';
import { endpointSliceMirroringController } from '#controllers/endpointslicemirroring/controller.ts';
import { ephemeralVolumeController } from '#controllers/ephemeralvolume/controller.ts';
import { garbageCollectorController } from '#controllers/garbage/controller.ts';
import { jobController } from '#controllers/job/controller.ts';
import { namespaceController } from '#controllers/namespace/controller.ts';
import { nodeIpamController } from '#controllers/nodeipam/controller.ts';
import { nodeLifecycleController } from '#controllers/nodelifecycle/controller.ts';
import { podGarbageCollectorController } from '#controllers/podgc/controller.ts';
import { claimProtectionController, volumeProtectionController } from '#controllers/protection/controller.ts';
import { replicaSetController } from '#controllers/replicaset/controller.ts';
import { replicationControllerController } from '#controllers/replicationcontroller/controller.ts';
import { resourceQuotaController } from '#controllers/resourcequota/controller.ts';
import { serviceAccountController } from '#controllers/serviceaccount/account.ts';
import { rootCaController } from '#controllers/serviceaccount/root-ca.ts';
import type { SignLegacyToken } from '#controllers/serviceaccount/token.ts';
import { serviceAccountTokenController } from '#controllers/serviceaccount/token.ts';
import { serviceCidrController } from '#controllers/servicecidr/controller.ts';
import { statefulSetController } from '#controllers/statefulset/controller.ts';
import { taintEvictionController } from '#controllers/tainteviction/controller.ts';
import { ttlController } from '#controllers/ttl/controller.ts';
import { ttlAfterFinishedController } from '#controllers/ttlafterfinished/controller.ts';
import { volumeBinderController } from '#controllers/volume/controller.ts';
import { volumeExpanderController } from '#controllers/volume/expander.ts';
import type { KeyPair } from '#lib/pki.ts';
import type { Controller } from '#loop/controller.ts';

export interface ControllerSettings {
  /** The certificate by which Pods know the API server. */
  readonly rootCaPem: string;
  readonly signLegacyToken: SignLegacyToken;
  /** The addresses of all Pods, `10.244.0.0/16`. */
  readonly clusterCidr: string;
  /** The CA that signs approved requests; without it they stay approved and unsigned. */
  readonly signingAuthority?: KeyPair | undefined;
}

/** Undefined: what it needs was not handed in. */
type Make = (deps: ControllerDeps, settings: ControllerSettings) => Controller | undefined;

/** Loops that read what others hold come last: the garbage collector shares the copies that are there. */
export const allControllers: Readonly<Record<string, Make>> = {
  'serviceaccount-token-controller': (deps, { rootCaPem, signLegacyToken }) =>
    serviceAccountTokenController(deps, { rootCaPem, sign: signLegacyToken }),
  'serviceaccount-controller': serviceAccountController,
  'root-ca-certificate-publisher-controller': (deps, { rootCaPem }) => rootCaController(deps, rootCaPem),
  'namespace-controller': namespaceController,
  'deployment-controller': deploymentController,
  'replicaset-controller': replicaSetController,
  'replicationcontroller-controller': replicationControllerController,
  'statefulset-controller': statefulSetController,
  'daemonset-controller': daemonSetController,
  'job-controller': jobController,
  'cronjob-controller': cronJobController,
  'ttl-after-finished-controller': ttlAfterFinishedController,
  'persistentvolume-binder-controller': volumeBinderController,
  'persistentvolume-expander-controller': volumeExpanderController,
  'ephemeral-volume-controller': ephemeralVolumeController,
  'resourcequota-controller': resourceQuotaController,
  'disruption-controller': disruptionController,
  'persistentvolumeclaim-protection-controller': claimProtectionController,
  'persistentvolume-protection-controller': volumeProtectionController,
  'endpoints-controller': endpointsController,
  'endpointslice-controller': endpointSliceController,
  'endpointslice-mirroring-controller': endpointSliceMirroringController,
  'clusterrole-aggregation-controller': clusterRoleAggregationController,
  'node-ipam-controller': (deps, { clusterCidr }) => nodeIpamController(deps, clusterCidr),
  'node-lifecycle-controller': nodeLifecycleController,
  'taint-eviction-controller': taintEvictionController,
  'pod-garbage-collector-controller': podGarbageCollectorController,
  'ttl-controller': ttlController,
  'certificatesigningrequest-approving-controller': certificateApprovingController,
  'certificatesigningrequest-signing-controller': (deps, { signingAuthority }) =>
    signingAuthority && certificateSigningController(deps, signingAuthority),
  'certificatesigningrequest-cleaner-controller': certificateCleanerController,
  'token-cleaner-controller': tokenCleanerController,
  'service-cidr-controller': serviceCidrController,
  'garbage-collector-controller': garbageCollectorController,
};

/** The claims, volumes and classes that the volume plugins read, and which volumes are promised but not yet bound. */

import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import type { StorageClass } from '#api/storage/storage-class.ts';
import { storageClasses } from '#api/storage/storage-class.ts';
import type { Index, Informer, Informers } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';

export type Volume = Stored<PersistentVolume>;
export type Claim = Stored<PersistentVolumeClaim>;

export interface Storage {
  claim(namespace: string, name: string): Claim | undefined;
  volume(name: string): Volume | undefined;
  storageClass(name: string): Stored<StorageClass> | undefined;
  volumesOfClass(name: string): readonly Volume[];
  /** The claim that the volume is promised to, by uid. */
  readonly promised: Map<string, string>;
}

export const noStorage: Storage = {
  claim: () => undefined,
  volume: () => undefined,
  storageClass: () => undefined,
  volumesOfClass: () => [],
  promised: new Map(),
};

const byClass: Index<PersistentVolume> = {
  name: 'storageClass',
  valuesOf: ({ spec }) => [spec.storageClassName ?? ''],
};

/** A storage over informers. */
export class InformedStorage implements Storage {
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly volumes: Informer<PersistentVolume>;
  readonly classes: Informer<StorageClass>;
  readonly promised = new Map<string, string>();

  constructor(informers: Informers) {
    this.claims = informers.of<PersistentVolumeClaim>(persistentVolumeClaims);
    this.volumes = informers.of<PersistentVolume>(persistentVolumes);
    this.classes = informers.of<StorageClass>(storageClasses);
  }

  get synced(): Promise<unknown> {
    return Promise.all([this.claims.synced, this.volumes.synced, this.classes.synced]);
  }

  claim(namespace: string, name: string): Claim | undefined {
    return this.claims.get(namespace, name);
  }

  volume(name: string): Volume | undefined {
    return this.volumes.byKey(name);
  }

  storageClass(name: string): Stored<StorageClass> | undefined {
    return this.classes.byKey(name);
  }

  volumesOfClass(name: string): readonly Volume[] {
    return this.volumes.by(byClass, name);
  }

  /** Calls back when anything changed that a waiting Pod may wait for; with the claim if it was one. */
  onChange(changed: (claim: Claim | undefined) => void): () => void {
    const any = () => changed(undefined);
    const stops = [
      this.claims.on({ add: changed, update: (_, claim) => changed(claim), delete: changed }),
      this.volumes.on({ add: any, update: any }),
      this.classes.on({ add: any, update: any }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}

import type { Plugin, Refusal } from '#scheduler/plugin.ts';

const refusal: Refusal = {
  plugin: 'VolumeRestrictions',
  reasons: [
    'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
  ],
  resolvable: true,
};

/** A claim for one Pod only is used by one Pod only. */
export const volumeRestrictions: Plugin = {
  name: refusal.plugin,
  sumsNodes: true,
  preFilter({ namespace, claims }, table) {
    const exclusive = claims.filter(({ name }) =>
      table.storage.claim(namespace, name)?.spec.accessModes?.includes('ReadWriteOncePod'),
    );
    if (exclusive.length === 0) return undefined;
    const users = exclusive.map(({ name }) =>
      table.counts.counting(`claim|${namespace}/${name}`, new Set([namespace]), other =>
        other.claims.some(claim => claim.name === name),
      ),
    );
    return { filter: () => (users.some(rows => rows.size > 0) ? refusal : undefined) };
  },
  wakes: {
    storage: ({ claim }, info) => claim !== undefined && info.claims.some(({ name }) => name === claim.metadata.name),
    podGone: ({ info: gone }, { namespace, claims }) =>
      gone.namespace === namespace && claims.some(({ name }) => gone.claims.some(freed => freed.name === name)),
  },
};

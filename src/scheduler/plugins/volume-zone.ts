import type { Plugin, Refusal } from '#scheduler/plugin.ts';

const refusal: Refusal = {
  plugin: 'VolumeZone',
  reasons: ['node(s) had no available volume zone'],
  resolvable: false,
};

const placeLabels = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
];
/** Between the zones of a volume that is in several. */
const separator = '__';

/** A volume that is labelled with its zone is used in that zone. */
export const volumeZone: Plugin = {
  name: refusal.plugin,
  preFilter({ namespace, claims }, table) {
    const places = claims.flatMap(({ name }) => {
      const volumeName = table.storage.claim(namespace, name)?.spec.volumeName;
      const labels = volumeName ? table.storage.volume(volumeName)?.metadata.labels : undefined;
      return placeLabels
        .filter(key => labels?.[key] !== undefined)
        .map(key => ({ column: table.labels.column(key), values: new Set(labels![key]!.split(separator)) }));
    });
    if (places.length === 0) return undefined;
    return {
      filter(row) {
        for (const { column, values } of places) {
          if (!values.has(column.values[column.ids[row]!] ?? '')) return refusal;
        }
        return undefined;
      },
    };
  },
  wakes: {
    storage: ({ claim }, info) => claim === undefined || info.claims.some(({ name }) => name === claim.metadata.name),
    node: () => true,
  },
};

import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, bytes, field, map, optional, string, struct } from '#machinery/schema.ts';

export const Secret = struct(
  'io.k8s.api.core.v1.Secret',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    stringData: field(4, map(string), { doc: 'Values as text. Written into data, never read back.' }),
    immutable: optional(5, boolean, { doc: 'True forbids changes of the data from then on.' }),
    data: field(2, map(bytes), { doc: 'Values, in base64.' }),
    type: field(3, string, {
      enum: [
        'Opaque',
        'kubernetes.io/service-account-token',
        'kubernetes.io/dockercfg',
        'kubernetes.io/dockerconfigjson',
        'kubernetes.io/basic-auth',
        'kubernetes.io/ssh-auth',
        'kubernetes.io/tls',
        'bootstrap.kubernetes.io/token',
      ],
      doc: 'What the data is for; some types require keys. Opaque if absent.',
    }),
  },
  {
    doc: 'Confidential data for Pods, by key. Up to 1 MiB.',
    gvk: { group: '', version: 'v1', kind: 'Secret' },
    defaults(secret) {
      secret.type ||= 'Opaque';
      takeText(secret);
    },
  },
);
/** `stringData` is for writing only: its texts become data. */
function takeText(secret: {
  stringData?: Record<string, string> | undefined;
  data?: Record<string, string> | undefined;
}) {
  const { stringData } = secret;
  if (stringData === undefined) return;
  delete secret.stringData;
  const texts = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')] as const);
  if (texts.length > 0) secret.data = { ...secret.data, ...Object.fromEntries(texts) };
}

export interface Secret extends TypeOf<typeof Secret> {}

export const secrets = defineResource({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
  verbs: allVerbs,
  schema: Secret,
});

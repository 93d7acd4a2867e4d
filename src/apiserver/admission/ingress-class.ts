/** An Ingress that names no class gets the default one. */

import type { IngressClass } from '#api/networking/ingress-class.ts';
import type { Admission } from '#apiserver/admission/admission.ts';
import { on } from '#apiserver/admission/admission.ts';
import { newestDefault } from '#apiserver/admission/default-class.ts';
import type { Objects } from '#apiserver/objects.ts';

const oldClassAnnotation = 'kubernetes.io/ingress.class';

export function defaultIngressClass(classes: Objects<IngressClass>): Admission {
  return {
    name: 'DefaultIngressClass',
    handles: on(['CREATE'], 'networking.k8s.io', 'ingresses'),
    mutate({ object }) {
      object.spec ??= {};
      const said = object.spec.ingressClassName != null || object.metadata.annotations?.[oldClassAnnotation];
      const annotations = ['ingressclass.kubernetes.io/is-default-class'];
      const name = said ? undefined : newestDefault(classes.list(), annotations)?.metadata?.name;
      if (name !== undefined) object.spec.ingressClassName = name;
    },
  };
}

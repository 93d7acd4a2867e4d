/** VolumeAttachments (upstream: registry/storage/volumeattachment). */

import { type VolumeAttachment, VolumeAttachmentSpec, volumeAttachments } from '#api/storage/volume-attachment.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import { keepStatus, resetsWithLabels, statusRules } from '#apiserver/resources/status-subresource.ts';
import { inspectDriverName } from '#apiserver/resources/storage/driver-name.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { type FieldError, type FieldErrors, forbidden, required, tooLong } from '#machinery/validation/field-error.ts';
import { nameIsDnsSubdomain } from '#machinery/validation/names.ts';

const messageBytesMax = 1024;

export const volumeAttachmentStrategy: Strategy<VolumeAttachment> = {
  resource: volumeAttachments,
  returnsDeleted: true,
  prepareCreate(object) {
    object.status = { attached: false };
  },
  prepareUpdate: keepStatus,
  validateCreate: validate,
  validateUpdate: (object, old) => [
    ...metadataAgain(object.metadata, false),
    ...validate(object),
    ...immutableErrors('spec', object.spec, old.spec, internalJson(VolumeAttachmentSpec, object.spec)),
  ],
  subresources: { status: statusRules((object: VolumeAttachment) => [...validate(object)], { keepsLabels: true }) },
  resetFields: resetsWithLabels,
  columns: [
    nameColumn,
    { name: 'Attacher', type: 'string', format: 'name', cell: ({ spec }) => spec?.attacher ?? '' },
    textColumn<VolumeAttachment>('PV', ({ spec }) => spec?.source?.persistentVolumeName),
    textColumn<VolumeAttachment>('Node', ({ spec }) => spec?.nodeName),
    { name: 'Attached', type: 'boolean', cell: ({ status }) => status?.attached ?? false },
    ageColumn,
  ],
};

function validate({ spec, status }: VolumeAttachment): FieldErrors {
  const errors: FieldError[] = [];
  const { attacher = '', nodeName = '', source = {} } = spec ?? {};
  inspectDriverName(attacher, 'spec.attacher', errors);
  const { persistentVolumeName: volume, inlineVolumeSpec: inline } = source;
  if (inline === undefined && volume === undefined) {
    errors.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  } else if (inline !== undefined && volume !== undefined) {
    errors.push(forbidden('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  } else if (volume !== undefined) {
    if (volume === '')
      errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
    else addProblems(errors, 'spec.source.persistentVolumeName', volume, nameIsDnsSubdomain(volume));
  }
  addProblems(errors, 'spec.nodeName', nodeName, nameIsDnsSubdomain(nodeName));
  for (const field of ['attachError', 'detachError'] as const) {
    const message = status?.[field]?.message ?? '';
    if (Buffer.byteLength(message) > messageBytesMax) errors.push(tooLong(`status.${field}.message`, messageBytesMax));
  }
  return errors;
}

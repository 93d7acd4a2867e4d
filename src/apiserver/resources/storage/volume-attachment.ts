/** VolumeAttachments (upstream: registry/storage/volumeattachment). */

import type { PersistentVolumeSpec } from '#api/core/persistent-volume-spec.ts';
import { type VolumeAttachment, VolumeAttachmentSpec, volumeAttachments } from '#api/storage/volume-attachment.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { inspectAccessModes } from '#apiserver/resources/core/persistent-volume-claim-spec.ts';
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

/** A volume of an in-tree driver that was moved to CSI: it stands in the attachment itself. */
function inspectInline(volume: PersistentVolumeSpec, path: string, errors: FieldError[]): void {
  const { csi, accessModes = [], volumeMode } = volume;
  if (csi === undefined) {
    errors.push(required(`${path}.csi`, 'has to be specified in the context of inline volumes'));
  } else {
    inspectDriverName(csi.driver ?? '', `${path}.csi.driver`, errors);
    if (!csi.volumeHandle) errors.push(required(`${path}.csi.volumeHandle`));
  }
  if (accessModes.length === 0) errors.push(required(`${path}.accessModes`));
  inspectAccessModes(accessModes, `${path}.accessModes`, errors);
  if (csi === undefined) errors.push(required(path, 'must specify a volume type'));
  const context = 'in the context of inline volumes';
  if (volumeMode !== undefined && volumeMode !== 'Filesystem') {
    errors.push(forbidden(`${path}.volumeMode`, `may not specify volumeMode other than Filesystem ${context}`));
  }
  if (volume.claimRef !== undefined) errors.push(forbidden(`${path}.claimRef`, `may not be specified ${context}`));
}

function validate({ spec, status }: VolumeAttachment): FieldErrors {
  const errors: FieldError[] = [];
  const { attacher = '', nodeName = '', source = {} } = spec ?? {};
  inspectDriverName(attacher, 'spec.attacher', errors);
  const { persistentVolumeName: volume, inlineVolumeSpec: inline } = source;
  if (inline === undefined && volume === undefined) {
    errors.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  } else if (inline !== undefined && volume !== undefined) {
    errors.push(forbidden('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  } else if (inline !== undefined) inspectInline(inline, 'spec.source.inlineVolumeSpec', errors);
  else if (volume !== undefined) {
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

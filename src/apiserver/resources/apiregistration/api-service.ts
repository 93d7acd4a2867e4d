/** APIServices: which server answers for a group and version (upstream: kube-aggregator). */

import { type APIService, type APIServiceSpec, apiServices } from '#api/apiregistration/api-service.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import { keepStatus, resetsWithLabels, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { type FieldError, type FieldErrors, invalid, required } from '#machinery/validation/field-error.ts';
import {
  checkDns1035Label,
  checkDns1123Subdomain,
  checkPathSegmentName,
  rangeProblem,
} from '#machinery/validation/names.ts';

const groupPriorityMax = 20_000;
const versionPriorityMax = 1000;

export const apiServiceStrategy: Strategy<APIService> = {
  resource: apiServices,
  validateName: checkPathSegmentName,
  prepareCreate(service) {
    service.status = {};
    // Its own groups are there from the beginning.
    if (service.spec?.service === undefined) {
      service.status.conditions = [
        { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' },
      ] as never;
    }
  },
  prepareUpdate: keepStatus,
  validateCreate: validate,
  validateUpdate: service => [...metadataAgain(service.metadata, false), ...validate(service)],
  subresources: { status: statusRules(() => [], { keepsLabels: true }) },
  resetFields: resetsWithLabels,
  columns: [
    nameColumn,
    textColumn<APIService>('Service', ({ spec }) =>
      spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local',
    ),
    textColumn<APIService>('Available', printedAvailable),
    ageColumn,
  ],
};

function printedAvailable({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason})`;
}

function validate({ metadata, spec = {} as APIServiceSpec }: APIService): FieldErrors {
  const errors: FieldError[] = [];
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service } = spec;
  const wanted = `${version}.${group}`;
  const name = metadata?.name ?? '';
  if (name !== '' && checkPathSegmentName(name).length === 0 && name !== wanted) {
    errors.push(invalid('metadata.name', name, `must be \`spec.version+"."+spec.group\`: "${wanted}"`));
  }
  if (group === '') {
    if (version !== 'v1') {
      errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
    }
  } else addProblems(errors, 'spec.group', group, checkDns1123Subdomain(group));
  addProblems(errors, 'spec.version', version, checkDns1035Label(version));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > groupPriorityMax) {
    const why = `must be positive and less than ${groupPriorityMax}`;
    errors.push(invalid('spec.groupPriorityMinimum', groupPriorityMinimum, why));
  }
  if (versionPriority <= 0 || versionPriority > versionPriorityMax) {
    const why = `must be positive and less than ${versionPriorityMax}`;
    errors.push(invalid('spec.versionPriority', versionPriority, why));
  }
  if (service === undefined) inspectLocal(spec, errors);
  else inspectRemote(spec, errors);
  return errors;
}

function inspectLocal({ caBundle, insecureSkipTLSVerify }: APIServiceSpec, errors: FieldError[]): void {
  if (caBundle)
    errors.push(invalid('spec.caBundle', `${caBundle.length} bytes`, 'local APIServices may not have a caBundle'));
  if (insecureSkipTLSVerify) {
    const why = 'local APIServices may not have insecureSkipTLSVerify';
    errors.push(invalid('spec.insecureSkipTLSVerify', true, why));
  }
}

function inspectRemote({ service, caBundle, insecureSkipTLSVerify }: APIServiceSpec, errors: FieldError[]): void {
  if (!service?.namespace) errors.push(required('spec.service.namespace'));
  if (!service?.name) errors.push(required('spec.service.name'));
  const port = service?.port;
  if (port !== undefined && (port < 1 || port > 65535)) {
    errors.push(invalid('spec.service.port', port, `port is not valid: ${rangeProblem(1, 65535)}`));
  }
  if (insecureSkipTLSVerify && caBundle) {
    errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  }
}

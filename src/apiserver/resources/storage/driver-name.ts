/** The name of a CSI driver: a DNS name of at most 63 bytes, capitals allowed. */

import { addProblems } from '#apiserver/resources/messages.ts';
import { type FieldError, required, tooLong } from '#machinery/validation/field-error.ts';
import { checkDns1123Subdomain } from '#machinery/validation/names.ts';

const driverNameBytesMax = 63;

export function inspectDriverName(name: string, path: string, errors: FieldError[]): void {
  if (name === '') errors.push(required(path));
  if (Buffer.byteLength(name) > driverNameBytesMax) errors.push(tooLong(path, driverNameBytesMax));
  addProblems(errors, path, name, name === '' ? [] : checkDns1123Subdomain(name.toLowerCase()));
}

/** Addresses that packets may be sent to: not the machine itself, not everybody (upstream: ValidateNonSpecialIP). */

import { type Address, parseAddress, parseRange, rangeHas } from '#lib/ip.ts';
import { type FieldError, invalid } from '#machinery/validation/field-error.ts';

const special: readonly (readonly [range: string, what: string])[] = [
  ['127.0.0.0/8', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ['::1/128', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ['169.254.0.0/16', 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  ['fe80::/10', 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  ['224.0.0.0/24', 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
  ['ff02::/16', 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
];

const ranges = special.map(([range, what]) => ({ range: parseRange(range)!, what }));

export function inspectEndpointAddress(text: string, path: string, errors: FieldError[]): void {
  const address: Address | undefined = parseAddress(text);
  if (address === undefined) {
    errors.push(invalid(path, text, 'must be a valid IP address'));
    return;
  }
  if (address.value === 0n) errors.push(invalid(path, text, `may not be unspecified (${text})`));
  for (const { range, what } of ranges) if (rangeHas(range, address)) errors.push(invalid(path, text, what));
}

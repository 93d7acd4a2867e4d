/** YAML as the API answers it: keys sorted, as sigs.k8s.io/yaml prints them. */

import { stringify } from 'yaml';

export function toYaml(object: unknown): string {
  return stringify(object, {
    sortMapEntries: true,
    lineWidth: 0,
    version: '1.1',
    defaultStringType: 'PLAIN',
    aliasDuplicateObjects: false,
    indentSeq: false,
  });
}

import type { TypeOf } from '#machinery/schema.ts';
import { field, list, map, string, struct } from '#machinery/schema.ts';

export const UserInfo = struct(
  'io.k8s.api.authentication.v1.UserInfo',
  {
    username: field(1, string, { doc: 'Name of the user.' }),
    uid: field(2, string, { doc: 'ID of the user, where there is one.' }),
    groups: field(3, list(string), { doc: 'Groups that the user is in.' }),
    extra: field(4, map(list(string)), { doc: 'Further facts from authentication.' }),
  },
  { doc: 'A user, as authentication found it.' },
);
export interface UserInfo extends TypeOf<typeof UserInfo> {}

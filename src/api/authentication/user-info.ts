import type { TypeOf } from '#machinery/schema.ts';
import { field, list, map, string, struct } from '#machinery/schema.ts';

export const UserInfo = struct('io.k8s.api.authentication.v1.UserInfo', {
  username: field(1, string),
  uid: field(2, string),
  groups: field(3, list(string)),
  extra: field(4, map(list(string))),
});
export interface UserInfo extends TypeOf<typeof UserInfo> {}

/** Who may import whom: data, so that the rule and its explanation are one. See ARCHITECTURE.md. */

export const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  machinery: ['lib'],
  api: ['lib', 'machinery'],
  store: ['lib'],
  watch: ['lib', 'machinery', 'store'],
  apiserver: ['lib', 'machinery', 'api', 'store', 'watch'],
  client: ['lib', 'machinery', 'api'],
  loop: ['lib', 'machinery', 'api', 'client'],
  controllers: ['lib', 'machinery', 'api', 'client', 'loop'],
  scheduler: ['lib', 'machinery', 'api', 'client', 'loop'],
  kubelet: ['lib', 'machinery', 'api', 'client', 'loop'],
  proxy: ['lib', 'machinery', 'api', 'client', 'loop'],
  dns: ['lib', 'machinery', 'api', 'client', 'loop'],
};

/** What is wrong with an import from one layer to another; undefined when nothing is. */
export function importProblem(from: string, to: string): string | undefined {
  const allowed = mayImport[from];
  if (allowed === undefined || from === to || allowed.includes(to)) return undefined;
  const list = allowed.length === 0 ? 'nothing' : allowed.join(', ');
  return `${from} must not import ${to}: it may import ${list}. Move what both need to a layer beneath, or hand it in`;
}

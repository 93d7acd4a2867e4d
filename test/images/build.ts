/**
 * The images of the end-to-end tests, made from what Debian's `busybox-static` has put on this machine; no registry is
 * asked and no binary is kept in the repository.
 *
 * ```
 * node test/images/build.ts images.tar     # and then: proa image load images.tar
 * ```
 * - `docker.io/library/busybox:1.36`: every applet of busybox, `sh` as its command.
 * - `docker.io/library/hello:1` and `hello:2`: HTTP on port 3000. `/` says hello and which version it is, `/hostname`
 *   the Pod's name, `/env` its environment. `/www` is what it serves, so a volume may cover it; PORT asks for another port.
 *   TERM ends it at once.
 * - `registry.k8s.io/e2e-test-images/agnhost:2.63.0` (only for recorded cases): a stand-in, on the Node that runs this.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ImageEntry, type ImageSource, writeImageArchive } from '#cmd/node/image-archive.ts';

const busyboxProgram = '/bin/busybox';

/** What the images are made of, and Debian's packages that bring it. */
export const imagePackages = [{ program: busyboxProgram, debianPackage: 'busybox-static' }] as const;

/** The files that programs expect of any system. */
const systemEntries: readonly ImageEntry[] = [
  { path: 'etc/passwd', text: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n' },
  { path: 'etc/group', text: 'root:x:0:\nnobody:x:65534:\n' },
  { path: 'root', directory: true, mode: 0o700 },
  { path: 'tmp', directory: true, mode: 0o1777 },
  { path: 'var/run', directory: true },
];

function busyboxEntries(): ImageEntry[] {
  const applets = execFileSync(busyboxProgram, ['--list'], { encoding: 'utf8' }).split('\n');
  const links = applets.filter(applet => applet !== '' && applet !== 'busybox');
  return [
    ...systemEntries,
    { path: 'bin/busybox', copyOf: busyboxProgram, mode: 0o755 },
    ...links.map(applet => ({ path: `bin/${applet}`, linkTo: 'busybox' })),
  ];
}

/**
 * What the first process of a container does not handle is ignored, TERM too; hence the trap. The root may be read-only:
 * then only the two files that are made at the start are missing.
 */
const helloProgram = `#!/bin/sh
trap 'kill $server; exit 0' TERM INT
mkdir -p /tmp/hello
hostname > /tmp/hello/hostname
env > /tmp/hello/env
httpd -f -p "\${PORT:-3000}" -h /www &
server=$!
echo "serving $(cat /www/index.html) on port \${PORT:-3000}"
wait $server
`;

function helloEntries(text: string): ImageEntry[] {
  return [
    { path: 'bin/hello', text: helloProgram, mode: 0o755 },
    { path: 'www/index.html', text: `${text}\n` },
    { path: 'www/hostname', linkTo: '/tmp/hello/hostname' },
    { path: 'www/env', linkTo: '/tmp/hello/env' },
  ];
}

const path = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

export function busyboxImage(): ImageSource {
  return {
    names: ['docker.io/library/busybox:1.36', 'docker.io/library/busybox:latest'],
    config: { Cmd: ['sh'], Env: path },
    layers: [busyboxEntries()],
  };
}

/** Tags of the same image with another text, for rollouts. */
export function helloImage(tag: string, text: string): ImageSource {
  return {
    names: [`docker.io/library/hello:${tag}`],
    config: {
      Entrypoint: ['/bin/hello'],
      Env: path,
      ExposedPorts: { '3000/tcp': {} },
    },
    layers: [busyboxEntries(), helloEntries(text)],
  };
}

const systemUsers = `root:x:0:0:root:/root:/bin/sh
app:x:1234:2345:app:/home/app:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
`;
const systemGroups = 'root:x:0:\napp:x:2345:\nextra:x:3456:app\nnobody:x:65534:\n';

/** Images of which the point is what they say about how they are run. */
function configuredImages(): ImageSource[] {
  const users = [
    { path: 'etc/passwd', text: systemUsers },
    { path: 'etc/group', text: systemGroups },
  ];
  const entry = { path: 'bin/entry', mode: 0o755, text: '#!/bin/sh\necho "[entry $@]"\npwd\necho $FROM\n' };
  const config = { Entrypoint: ['/bin/entry'], Cmd: ['default'], WorkingDir: '/usr', Env: [...path, 'FROM=image'] };
  const usr = { path: 'usr', directory: true } as const;
  return [
    {
      names: ['docker.io/local/user-number:1'],
      config: { User: '1234', Env: path },
      layers: [busyboxEntries(), users],
    },
    { names: ['docker.io/local/user-name:1'], config: { User: 'app', Env: path }, layers: [busyboxEntries(), users] },
    { names: ['docker.io/local/entry:1'], config, layers: [busyboxEntries(), [entry, usr]] },
    {
      names: ['127.0.0.1:1/present:1'],
      config: { Cmd: ['sh'], Env: path, Labels: { of: 'its own' } },
      layers: [busyboxEntries()],
    },
  ];
}

/** The program, and the libraries that it is linked with. */
function nodeEntries(): ImageEntry[] {
  const listed = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  const libraries = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, file = '']) => file);
  return [
    { path: 'bin/node', copyOf: process.execPath, mode: 0o755 },
    ...libraries.map(file => ({ path: file.slice(1), copyOf: file, mode: 0o755 })),
  ];
}

/** Stands for the image of Kubernetes' own end-to-end tests. */
export function agnhostImage(): ImageSource {
  const program = { path: 'agnhost', copyOf: fileURLToPath(new URL('nethost.mjs', import.meta.url)), mode: 0o755 };
  return {
    names: ['registry.k8s.io/e2e-test-images/agnhost:2.63.0'],
    config: { Entrypoint: ['/agnhost'], Cmd: ['pause'], Env: path },
    layers: [busyboxEntries(), nodeEntries(), [program]],
  };
}

/** What recorded cases of nodes run. */
export function recordedImages(): ImageSource[] {
  return [busyboxImage(), agnhostImage(), ...configuredImages()];
}

export function testImages(): ImageSource[] {
  return [busyboxImage(), helloImage('1', 'hello from version 1'), helloImage('2', 'hello from version 2')];
}

if (import.meta.main) writeImageArchive(process.argv[2] ?? 'images.tar', testImages());

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
 */

import { execFileSync } from 'node:child_process';
import { type ImageEntry, type ImageSource, writeImageArchive } from '#cmd/node/image-archive.ts';

const busyboxProgram = '/bin/busybox';

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

export function testImages(): ImageSource[] {
  return [busyboxImage(), helloImage('1', 'hello from version 1'), helloImage('2', 'hello from version 2')];
}

if (import.meta.main) writeImageArchive(process.argv[2] ?? 'images.tar', testImages());

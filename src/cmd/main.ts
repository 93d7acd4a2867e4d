/** The command line: finds the command by its first word and loads only what it needs. */

import { readFileSync } from 'node:fs';
import { type Command, helpOf, parseCommand } from '#cmd/command.ts';
import { Interrupted, interruptedCode } from '#cmd/interruption.ts';
import { UsageError } from '#cmd/usage-error.ts';

const commands: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  up: {
    summary: 'start a cluster on this machine, or what is missing of it',
    load: async () => (await import('#cmd/commands/up.ts')).up,
  },
  down: {
    summary: 'stop it; its state stays (--purge: nothing stays)',
    load: async () => (await import('#cmd/commands/down.ts')).down,
  },
  status: {
    summary: 'what runs, and what it uses',
    load: async () => (await import('#cmd/commands/status.ts')).status,
  },
  doctor: {
    summary: 'whether this machine has what real nodes need (--fix: install it)',
    load: async () => (await import('#cmd/commands/doctor.ts')).doctor,
  },
  image: {
    summary: 'load images into the nodes, or list them',
    load: async () => (await import('#cmd/commands/image.ts')).image,
  },
  kubectl: {
    summary: 'kubectl with the right kubeconfig',
    load: async () => (await import('#cmd/commands/kubectl.ts')).kubectl,
  },
};

/** Entries that `up` starts; nobody types them. */
const processes: Readonly<Record<string, () => Promise<{ run(directory: string, node: string): Promise<void> }>>> = {
  'control-plane': () => import('#cmd/processes/control-plane.ts'),
  node: () => import('#cmd/processes/node.ts'),
  simulated: () => import('#cmd/processes/simulated.ts'),
};

function help(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`);
  return `proa: Kubernetes v1.36 in one command

usage: proa COMMAND [flags]

${rows.join('\n')}
  version   which proa this is

proa COMMAND --help tells more. Every command takes --name (a cluster, default "proa") and --data-dir.
`;
}

function version(): string {
  const { version: own } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return `proa ${own}, Kubernetes v1.36\n`;
}

/** `proa help up` is `proa up --help`. */
function asTyped([first = 'help', ...rest]: readonly string[]): readonly string[] {
  const isHelp = first === 'help' || first === '--help' || first === '-h';
  if (isHelp) return rest[0] === undefined ? ['help'] : [rest[0], '--help'];
  return first === '--version' ? ['version'] : [first, ...rest];
}

async function main(argv: readonly string[]): Promise<number> {
  const [name = '', ...rest] = asTyped(argv);
  if (name === 'help' || name === 'version') {
    process.stdout.write(name === 'help' ? help() : version());
    return 0;
  }
  const hidden = processes[name];
  if (hidden !== undefined) {
    await (await hidden()).run(rest[0] ?? '', rest[1] ?? '');
    return 0;
  }
  const found = commands[name];
  if (found === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}; proa help lists them`);
  const command = await found.load();
  const asked = command.passesFlags ? rest.slice(0, 1) : rest;
  if (asked.some(word => word === '--help' || word === '-h')) {
    process.stdout.write(helpOf(name, found.summary, command));
    return 0;
  }
  return command.run(parseCommand(name, command, rest));
}

// Nobody reads it any more (`proa status | head -1`), or nothing holds it (a log on a full disk): no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  const code = await main(process.argv.slice(2));
  if (code !== 0) process.exitCode = code;
} catch (error) {
  const known = error instanceof UsageError || process.env['PROA_DEBUG'] === undefined;
  process.stderr.write(`proa: ${known ? (error as Error).message : (error as Error).stack}\n`);
  process.exit(error instanceof UsageError ? 2 : error instanceof Interrupted ? interruptedCode : 1);
}

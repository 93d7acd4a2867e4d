/** `proa doctor`: whether this machine has what real nodes need, and how to get what is missing. */

import type { Command } from '#cmd/command.ts';
import {
  checkPrerequisites,
  installCommand,
  installPackages,
  missingPackages,
  thisMachine,
} from '#cmd/node/prerequisites.ts';

export const doctor: Command = {
  usage: 'doctor [--fix] [-o json]',
  flags: {
    fix: { type: 'boolean', help: 'install the packages that are missing (needs root)' },
    output: { type: 'string', short: 'o', value: 'json', choices: ['json'], help: 'the findings as JSON' },
  },
  async run(given) {
    const say = (line: string) => process.stdout.write(`${line}\n`);
    if (given.is('fix')) {
      const missing = missingPackages(checkPrerequisites(thisMachine()));
      if (missing.length > 0) await installPackages(missing, say);
    }
    const found = checkPrerequisites(thisMachine());
    if (given.text('output') === 'json') say(JSON.stringify(found, null, 2));
    else
      for (const each of found)
        say(`  ${each.ok ? '✓' : '✗'} ${each.name.padEnd(28)} ${each.ok ? '' : each.detail}`.trimEnd());
    const packages = missingPackages(found);
    if (packages.length > 0) say(`\n  as root: ${installCommand(packages).join(' ')}   (or: proa doctor --fix)`);
    return found.every(each => each.ok) ? 0 : 1;
  },
};

/** What a command is: its flags, which are its help, and a function. */

import { parseArgs } from 'node:util';
import { UsageError } from '#cmd/usage-error.ts';

export interface Flag {
  readonly type: 'string' | 'boolean' | 'number';
  readonly short?: string;
  /** How the value is called in the help: `N`, `FILE`. */
  readonly value?: string;
  readonly default?: string | number | boolean;
  /** Of a number. */
  readonly min?: number;
  readonly max?: number;
  /** The only values that are known. */
  readonly choices?: readonly string[];
  readonly help: string;
}

export interface Arguments {
  readonly words: readonly string[];
  text(flag: string): string | undefined;
  number(flag: string): number | undefined;
  is(flag: string): boolean;
  /** Undefined when it was not said: neither `--flag` nor `--no-flag`. */
  choice(flag: string): boolean | undefined;
}

export interface Command {
  readonly usage: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Takes words besides its flags. A word that means nothing would be a mistake: `proa down dev`. */
  readonly takesWords?: boolean;
  /** All arguments go to the function as they are. */
  readonly passesFlags?: boolean;
  readonly examples?: readonly string[];
  /** Gives the exit code. */
  run(given: Arguments): Promise<number>;
}

export const commonFlags: Readonly<Record<string, Flag>> = {
  name: { type: 'string', value: 'NAME', default: 'proa', help: 'which cluster' },
  'data-dir': { type: 'string', value: 'DIR', help: 'where clusters are kept (default: $PROA_HOME or ~/.proa)' },
};

export function parseCommand(name: string, command: Command, words: readonly string[]): Arguments {
  const flags = { ...commonFlags, ...command.flags };
  if (command.passesFlags) return argumentsOf({}, words, flags);
  const options = Object.fromEntries(
    Object.entries(flags).map(([flag, { type, short }]) => [
      flag,
      {
        type: type === 'boolean' ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
      allowNegative: true,
    });
  } catch (error) {
    // Node goes on, after its first sentence, about how one could have meant it.
    const [what = ''] = (error as Error).message.split(/\. To specify|\.?\n/);
    throw new UsageError(`${what}; proa ${name} --help lists its flags`);
  }
  const [extra] = parsed.positionals;
  if (extra !== undefined && !command.takesWords) {
    throw new UsageError(
      `${JSON.stringify(extra)} means nothing here: proa ${command.usage}; a cluster is said by --name`,
    );
  }
  for (const [flag, { choices }] of Object.entries(flags)) {
    const value = parsed.values[flag];
    if (choices === undefined || value === undefined || choices.includes(value as string)) continue;
    throw new UsageError(`--${flag} ${value}: ${choices.join(' and ')} ${choices.length === 1 ? 'is' : 'are'} known`);
  }
  return argumentsOf(parsed.values, parsed.positionals, flags);
}

function argumentsOf(values: Record<string, unknown>, words: readonly string[], flags: Command['flags']): Arguments {
  const given = (flag: string) => values[flag] ?? flags[flag]?.default;
  return {
    words,
    text: flag => given(flag) as string | undefined,
    is: flag => given(flag) === true,
    choice: flag => values[flag] as boolean | undefined,
    number(flag) {
      const value = given(flag);
      if (value === undefined) return undefined;
      const { min = 0, max = Number.MAX_SAFE_INTEGER } = flags[flag] ?? {};
      const number = Number(value);
      if (value !== '' && Number.isSafeInteger(number) && number >= min && number <= max) return number;
      const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
      throw new UsageError(`--${flag} ${JSON.stringify(value)}: a whole number ${range} is needed`);
    },
  };
}

export function helpOf(name: string, summary: string, command: Command): string {
  const rows = Object.entries({ ...command.flags, ...commonFlags }).map(
    ([flag, { short, value, help, default: initial }]) => {
      const head = `${short === undefined ? '    ' : `-${short}, `}--${flag}${value === undefined ? '' : ` ${value}`}`;
      return `  ${head.padEnd(24)} ${help}${initial === undefined || initial === false ? '' : ` (default ${initial})`}`;
    },
  );
  const examples =
    command.examples === undefined ? '' : `\nexamples:\n${command.examples.map(each => `  ${each}`).join('\n')}\n`;
  return `proa ${name}: ${summary}\n\nusage: proa ${command.usage}\n\n${rows.join('\n')}\n${examples}`;
}

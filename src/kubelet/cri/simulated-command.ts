/**
 * What a simulated container does with its command. A few commands are understood, alone or as the script of `sh -c`,
 * one after another: `true`, `false`, `:`, `echo TEXT`, `sleep SECONDS`, `exit CODE`; and those of which everybody knows
 * that they end at once (`date`, `ls`, `mkdir`) end at once. Anything else never ends.
 *
 * `sh -c 'echo begin; sleep 2; exit 3'` prints `begin` at 0 ms and exits with 3 at 2,000 ms.
 */

export interface CommandPlan {
  lines: { atMs: number; text: string }[];
  /** Absent: it runs until it is stopped. */
  exit?: { atMs: number; code: number } | undefined;
}

/** What they would print, nobody can know. `cat` is not among them: it may wait for its input. */
const endingAtOnce: ReadonlySet<string> = new Set(
  'true false : date ls pwd env printenv id whoami hostname uname mkdir touch rm cp mv chmod test printf df du ps'.split(
    ' ',
  ),
);

type Statement = { words: string[]; onlyAfterSuccess: boolean };

export function planCommand(argv: readonly string[], env: Readonly<Record<string, string>> = {}): CommandPlan {
  const [program = '', option, script = ''] = argv;
  const isShell = /^(\/bin\/|\/usr\/bin\/)?(sh|bash|ash)$/.test(program) && option === '-c';
  return planStatements(isShell ? parseScript(script, env) : [{ words: [...argv], onlyAfterSuccess: false }]);
}

function planStatements(statements: readonly Statement[]): CommandPlan {
  const lines: CommandPlan['lines'] = [];
  let atMs = 0;
  let code = 0;
  for (const { words, onlyAfterSuccess } of statements) {
    if (onlyAfterSuccess && code !== 0) continue;
    const [command = '', ...rest] = words;
    const name = command.slice(command.lastIndexOf('/') + 1);
    code = name === 'false' ? 1 : 0;
    if (name === 'echo') {
      lines.push({ atMs, text: rest.join(' ') });
    } else if (name === 'sleep') {
      const seconds = Number(rest[0]?.replace(/s$/, ''));
      if (!Number.isFinite(seconds)) return { lines };
      atMs += seconds * 1000;
    } else if (name === 'exit') {
      return { lines, exit: { atMs, code: Number(rest[0] ?? code) & 0xff } };
    } else if (!endingAtOnce.has(name)) {
      return { lines };
    }
  }
  return { lines, exit: { atMs, code } };
}

/** Words with quotes taken off and variables put in; statements end at `;`, `&&` and line ends. */
function parseScript(script: string, env: Readonly<Record<string, string>>): Statement[] {
  const statements: Statement[] = [{ words: [], onlyAfterSuccess: false }];
  const token = /\s*(;|&&|\n|((?:'[^']*'|"[^"]*"|[^\s;&|<>()'"])+)|.)/gy;
  const expand = (text: string) => text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, a, b) => env[a ?? b] ?? '');
  for (const [, symbol = '', word] of script.matchAll(token)) {
    if (word === undefined) {
      // What is neither a word nor a separator (`|`, `&`) joins the statement and makes it one that is not understood.
      if ([';', '&&', '\n'].includes(symbol)) statements.push({ words: [], onlyAfterSuccess: symbol === '&&' });
      else statements.at(-1)?.words.unshift(symbol);
      continue;
    }
    const text = word.replace(/'([^']*)'|"([^"]*)"|([^'"]+)/g, (_, single, double, bare) =>
      single !== undefined ? single : expand(double ?? bare),
    );
    statements.at(-1)?.words.push(text);
  }
  return statements.filter(statement => statement.words.length > 0);
}

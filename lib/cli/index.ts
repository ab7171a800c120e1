// `npx nodetorch COMMAND`: scripts/setup.js hands over to this. The addon is loaded by what needs it.
import { type Command, UsageError } from './arguments';
import { printable } from './text';

const commands: Record<string, () => Command> = {
  /* eslint-disable @typescript-eslint/no-require-imports */
  inspect: () => (require('./inspect') as typeof import('./inspect')).inspect,
  convert: () => (require('./convert') as typeof import('./convert')).convert,
  diff: () => (require('./diff') as typeof import('./diff')).diff,
  doctor: () => (require('./doctor') as typeof import('./doctor')).doctor,
  run: () => (require('./run') as typeof import('./run')).run,
  /* eslint-enable @typescript-eslint/no-require-imports */
};

/** Exit code of trouble; 1 is a command's own answer, as of diff(1). */
const TROUBLE = 2;

/** Runs a command; returns the exit code. Whatever goes wrong is one line on stderr. */
export function main([name, ...argv]: readonly string[]): number | Promise<number> {
  try {
    const command = commands[name]();
    if (asksForHelp(name, argv)) {
      process.stdout.write(command.usage);
      return 0;
    }
    const code = command.run(argv);
    return typeof code === 'number' ? code : code.catch((error: unknown) => trouble(name, error));
  } catch (error) {
    return trouble(name, error);
  }
}

// What follows the script of `run` is the script's.
function asksForHelp(name: string, argv: readonly string[]): boolean {
  const own = name === 'run' ? argv.slice(0, 1) : argv;
  return own.includes('--help') || own.includes('-h');
}

function trouble(name: string, error: unknown): number {
  const line = printable(firstLine(error));
  const advice = error instanceof UsageError ? `; see npx nodetorch ${name} --help` : '';
  process.stderr.write(`nodetorch ${name}: ${line}${advice}\n`);
  return TROUBLE;
}

function firstLine(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  if (code === 'ERR_NODETORCH_ADDON') {
    return 'the native addon cannot be loaded; npx nodetorch doctor says why';
  }
  const lines = (message ?? String(error)).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').join(' ').slice(0, 1000); // prettier-ignore
}

// A reader that has seen enough, such as head(1), is no trouble.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

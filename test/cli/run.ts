import { runRelay } from '../../src/cli/program.js';
import type { Ran } from './command.js';

/** Runs the command within this process, with nothing in its environment but what is given. */
export async function runHere(args: string[], environment: Record<string, string>): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runRelay(args, {
    version: '0.0.0',
    settings: () => {
      throw new Error('this command does not ask the console');
    },
    environment: () => environment,
    write: (text) => void out.push(text),
    complain: (text) => void err.push(text),
    paint: (_emphasis, text) => text,
    now: Date.now,
  });
  return { code, out: out.join(''), err: err.join('') };
}

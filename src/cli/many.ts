import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { CommanderError } from 'commander';
import { actorName } from './actor.js';
import { keysSchema } from './desk-answers.js';
import { ask } from './show.js';
import type { Surroundings } from './surroundings.js';
import { jsonText, printableLines } from './terminal.js';

/** What was asked for was not done, or not completely; the message says how far it came. */
export class NotDone extends Error {}

/** A device as it is listed: acted on is what was shown of it. */
type Listed = { key: string; generation?: number | null | undefined };

/** What is to be done to which devices, in words: `release` and `released`; `plan` is shown before anybody is asked. */
type Many = { path: string; verb: string; done: string; chosen: Listed[]; plan: string };

export type ManyOptions = { reason: string; yes?: true; json?: true };

const chunkSize = 200;

/**
 * Shows the plan, asks (or needs `--yes`), and works in chunks of at most 200 devices. Ctrl-C stops between two chunks. Throws `NotDone`,
 * and `CommanderError` where nobody can be asked.
 */
export async function actOnMany(surroundings: Surroundings, many: Many, options: ManyOptions): Promise<void> {
  const { write, complain } = surroundings;
  (options.json ? complain : write)(`${many.plan}\n`);
  const done = many.chosen.length === 0 ? [] : await act(surroundings, many, options);
  if (options.json) write(`${jsonText({ asked: many.chosen.map(({ key }) => key), done })}\n`);
  else if (many.chosen.length > 0) write(`${done.length} of ${devices(many.chosen.length)} ${many.done}.${unlisted(many, done)}\n`);
}

async function act(surroundings: Surroundings, many: Many, options: ManyOptions): Promise<string[]> {
  if (!options.yes) await confirm(`${many.verb} ${devices(many.chosen.length)}?`);
  const interruption = { asked: false };
  const interrupt = () => {
    interruption.asked = true;
    surroundings.complain('Stopping after what was sent.\n');
  };
  // A second Ctrl-C ends the command as usual.
  process.once('SIGINT', interrupt);
  try {
    return await actInChunks(surroundings, many, { reason: options.reason, interruption });
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}

type Progress = { reason: string; interruption: { asked: boolean } };

async function actInChunks(surroundings: Surroundings, { path, chosen, done: word }: Many, { reason, interruption }: Progress): Promise<string[]> {
  const done: string[] = [];
  let sent = 0;
  const soFar = () => `${done.length} of ${devices(chosen.length)} ${word}`;
  while (sent < chosen.length) {
    if (interruption.asked) throw new NotDone(`Stopped: ${soFar()}. The others are as they were.`);
    const chunk = chosen.slice(sent, sent + chunkSize);
    try {
      const order = { method: 'POST', body: { ...asOrdered(chunk), reason }, actor: actorName() } as const;
      done.push(...(await ask(surroundings, { path, order, schema: keysSchema })).keys);
    } catch (error) {
      throw error instanceof Error ? new NotDone(`${error.message}\n${soFar()} before that.`) : error;
    }
    sent += chunk.length;
    surroundings.complain(`${sent} of ${chosen.length} ...\n`);
  }
  return done;
}

function asOrdered(chosen: Listed[]): { keys: string[]; generations: Record<string, number> } {
  const shown = chosen.flatMap(({ key, generation }) => (typeof generation === 'number' ? [[key, generation] as const] : []));
  return { keys: chosen.map(({ key }) => key), generations: Object.fromEntries(shown) };
}

/** Between the plan and the order the relay goes on working. */
function unlisted({ chosen }: Many, done: string[]): string {
  const others = chosen.length - done.length;
  return others === 0 ? '' : ` The other ${others} had changed meanwhile.`;
}

/** Asks at the terminal. Throws `NotDone` where the answer is not a yes, and `CommanderError` where nobody can be asked. */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) {
    process.stderr.write('Nobody can be asked here: say --yes.\n');
    throw new CommanderError(2, 'relay.unconfirmed', 'nobody can be asked');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D are a no.
    const closed = once(terminal, 'close').then(() => '');
    const asked = terminal.question(printableLines(`${question} [y/N] `)).catch(() => '');
    const answer = await Promise.race([asked, closed]);
    if (!/^y(es)?$/i.test(answer.trim())) throw new NotDone('Nothing was done.');
  } finally {
    terminal.close();
  }
}

/** `1 device`, `3 devices`. */
export function devices(count: number): string {
  return count === 1 ? '1 device' : `${count} devices`;
}

/** How often each word occurs, most often first: `10 held_mass, 2 held_ambiguous`. */
export function tally(words: string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([word, count]) => `${count} ${word}`).join(', ') || 'none';
}

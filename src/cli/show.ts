import type { z } from 'zod';
import { askConsole, readAnswer, type Order } from './console-client.js';
import type { Surroundings } from './surroundings.js';
import { jsonText } from './terminal.js';

/** What is asked of the console (or ordered), and how its answer is shown. */
type Show<T extends z.ZodType> = { path: string; order?: Order; schema: T; render: (answer: z.infer<T>) => string };

/** Prints an answer of the console: as it is for programs, rendered for people. Throws `ConsoleFailure`. */
export async function show<T extends z.ZodType>({ settings, write }: Surroundings, json: boolean | undefined, { path, order, schema, render }: Show<T>): Promise<void> {
  const relay = settings();
  const answer = await askConsole(relay, path, order);
  write(`${json ? jsonText(answer) : render(readAnswer(relay, schema, answer))}\n`);
}

/** An answer of the console as a schema has it. Throws `ConsoleFailure`. */
export async function ask<T extends z.ZodType>({ settings }: Surroundings, { path, order, schema }: Omit<Show<T>, 'render'>): Promise<z.infer<T>> {
  const relay = settings();
  return readAnswer(relay, schema, await askConsole(relay, path, order));
}

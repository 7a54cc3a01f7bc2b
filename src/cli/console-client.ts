import { z } from 'zod';
import { parseJson } from '../json.js';
import type { Settings } from '../settings.js';
import { problemSchema } from './answers.js';
import { printable } from './terminal.js';

/** The console gave no answer that can be used; the message says what to do about it. */
export class ConsoleFailure extends Error {}

/** Nothing listens at the console's address, or nothing can be found there. */
export class ConsoleUnreachable extends ConsoleFailure {}

/** Reading all devices of a large company for an e-mail address takes a while. */
const timeoutMs = 30_000;

/** Something that the console is to do, and who says so. */
export type Order = { method: 'POST' | 'PUT' | 'DELETE'; body: object; actor: string };

/** Asks the console's API, e.g. for `status`, or gives it an order; resolves to the JSON that it answered. Throws `ConsoleFailure`. */
export async function askConsole(settings: Settings['cli'], path: string, order?: Order): Promise<unknown> {
  const url = apiUrl(settings.RELAY_URL, path);
  const token = settings.RELAY_TOKEN?.();
  const { status, text } = await send(url, token, order);
  const body = parseJson(text);
  if (status === 200 && body !== undefined) return body;
  throw new ConsoleFailure(explain(settings, status, body));
}

/** Reads an answer as a schema has it, with every text made harmless for a terminal. Throws `ConsoleFailure`. */
export function readAnswer<T extends z.ZodType>({ RELAY_URL }: Settings['cli'], schema: T, answer: unknown): z.infer<T> {
  const read = schema.safeParse(printable(answer));
  if (read.success) return read.data;
  const where = read.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'answer'}: ${message}`);
  throw new ConsoleFailure(`${place(RELAY_URL)} answers otherwise than this version of the command expects.\n${where.join('\n')}\nUse the command that came with the running relay; --json shows the answer as it is.`);
}

async function send(url: URL, token: string | undefined, order: Order | undefined): Promise<{ status: number; text: string }> {
  try {
    const headers = { accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const init = order && { method: order.method, body: JSON.stringify(order.body) };
    const asOrder = order && { 'content-type': 'application/json', 'x-relay-actor': order.actor };
    const response = await fetch(url, { ...init, headers: { ...headers, ...asOrder }, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const reason = reasonOf(error);
    const Failure = unconnected.has(reason) ? ConsoleUnreachable : ConsoleFailure;
    throw new Failure(
      [
        `${place(url.href)} cannot be reached (${reason}).`,
        'RELAY_URL sets the address, e.g. RELAY_URL=http://127.0.0.1:8081.',
        'The console runs within the relay (npm start), or by itself: node dist/src/console/main.js',
      ].join('\n'),
    );
  }
}

function explain({ RELAY_URL, RELAY_TOKEN }: Settings['cli'], status: number, body: unknown): string {
  const console = place(RELAY_URL);
  const problem = problemSchema.safeParse(printable(body)).data;
  if (problem === undefined) {
    return `${console} answered HTTP ${status}, but not as a relay's console does.\nIs another program there? RELAY_URL sets the address (the receiver's port is another one).`;
  }
  if (status === 401) {
    const given = RELAY_TOKEN === undefined ? 'asks for a token' : 'refuses the token';
    return `${console} ${given}.\nSet RELAY_TOKEN (or RELAY_TOKEN_FILE) to the console's CONSOLE_TOKEN.`;
  }
  if (status === 404) return `${problem.title}. ${problem.detail}`;
  if (status === 503) return `${console} has no Redis. ${problem.detail}\nCheck Redis first: while it is gone the receiver refuses events with 503 and nothing is enforced.`;
  return `${console} answered HTTP ${status}: ${problem.title}. ${problem.detail}`;
}

/** A path below RELAY_URL, which may itself have one. */
function apiUrl(base: string, path: string): URL {
  return new URL(`api/v1/${path}`, base.endsWith('/') ? base : `${base}/`);
}

/** The address without what a URL may carry in secret. */
function place(url: string): string {
  const { origin } = new URL(url);
  return `The console at ${origin}`;
}

/** What Node says where no connection came about at all. */
const noConnection = 'no connection';
const unconnected = new Set([noConnection, 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT']);

const causeSchema = z.object({ cause: z.object({ code: z.string() }) });

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  return causeSchema.safeParse(error).data?.cause.code ?? noConnection;
}

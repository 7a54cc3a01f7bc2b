import { Agent, request } from 'undici';
import { UpstreamFailure, type Upstream } from './failure.js';
import { leaveToSend } from './leave.js';

export type HttpCall = {
  upstream: Upstream;
  /** The vendor's name of the operation, for messages and run records. */
  operation: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
};

/** An answer read to its end; interpreting it is another function's duty and needs no network. */
export type HttpAnswer = { status: number; headers: Headers; body: string };

/** Sees an answer as it came, e.g. for its headers; `operation` is the vendor's name. */
export type OnAnswer = (operation: string, answer: HttpAnswer) => void;

/** What a client learnt from one answered operation. */
export type Answered<T> = { value: T; status: number; requestId: string | null };

const safeMethods = new Set(['GET', 'HEAD']);

/**
 * Connections of this process, kept for the next call for less than servers keep them: a request on one that the other side has just
 * closed would be lost.
 */
const connections = new Agent({ keepAliveTimeout: 4_000, keepAliveMaxTimeout: 4_000 });

/**
 * Sends one request, a prepared one as soon as it has leave, and reads the whole answer within `timeoutMs` milliseconds; follows no redirect.
 * Throws `UpstreamFailure` `transient` when no complete answer came, `uncertain` where the request may have changed something.
 */
export async function httpCall(call: HttpCall, timeoutMs: number): Promise<HttpAnswer> {
  const { upstream, operation, method, url, headers, body } = call;
  await leaveToSend();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    const response = await request(url, { dispatcher: connections, method: method.toUpperCase(), headers, body: body ?? null, signal: late.signal });
    return { status: response.statusCode, headers: toHeaders(response.headers), body: await response.body.text() };
  } catch (error) {
    const code = late.signal.aborted ? 'timeout' : networkCode(error);
    const uncertain = !safeMethods.has(method.toUpperCase()) && !neverSent.has(code);
    throw new UpstreamFailure({ upstream, operation, kind: 'transient', code, uncertain });
  } finally {
    clearTimeout(timer);
  }
}

function toHeaders(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  return headers;
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Told by shape: an `Error` made in another realm (a library's under a test runner) is no `instanceof Error`. */
function networkCode(error: unknown): string {
  return codeOf(error) ?? codeOf(typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined) ?? 'network';
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** What time it is for whoever answered, milliseconds since 1970: by the `Date` header, by our clock where there is none. */
export function answeredAt(headers: Headers): number {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? Date.now() : date;
}

/** Milliseconds to wait by `Retry-After` (seconds, or an HTTP date), perhaps none or less; null where it is missing or unreadable. */
export function retryAfterMs(headers: Headers): number | null {
  const text = headers.get('retry-after')?.trim() ?? '';
  const asked = /^\d+$/.test(text) ? Number(text) * 1_000 : text.endsWith('GMT') ? Date.parse(text) - answeredAt(headers) : Number.NaN;
  return Number.isNaN(asked) ? null : asked;
}

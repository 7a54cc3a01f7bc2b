import { UpstreamFailure, type Upstream } from './failure.js';

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
 * Sends one request and reads the whole answer within `timeoutMs` milliseconds; follows no redirect.
 * Throws `UpstreamFailure` `transient` when no complete answer came, `uncertain` where the request may have changed something.
 */
export async function httpCall(call: HttpCall, timeoutMs: number): Promise<HttpAnswer> {
  const { upstream, operation, method, url, headers, body } = call;
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (error) {
    const code = networkCode(error);
    const uncertain = !safeMethods.has(method.toUpperCase()) && !neverSent.has(code);
    throw new UpstreamFailure({ upstream, operation, kind: 'transient', code, uncertain });
  }
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Told by shape: an `Error` made in another realm (Node's `fetch` under a test runner) is no `instanceof Error`. */
function networkCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown';
  if ('name' in error && error.name === 'TimeoutError') return 'timeout';
  const cause = 'cause' in error ? error.cause : undefined;
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return 'network';
}

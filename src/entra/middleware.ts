import { GraphClientError, type Context, type Middleware, type MiddlewareOptions } from '@microsoft/microsoft-graph-client';
import { UpstreamFailure } from '../failure.js';
import { httpCall, type OnAnswer } from '../http-call.js';
import type { Lease, TokenSource } from '../token-source.js';
import type { AccessToken } from './token-exchange.js';

/** Tells the chain the vendor's name of the operation in hand, for failures. */
export class OperationName implements MiddlewareOptions {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * First in the chain. Adds the bearer token, and only for the one origin it was made for: the stock handler sends a request to an unknown
 * host without a token and without an error. A 401 renews the token exactly once.
 */
export class PinnedBearer implements Middleware {
  readonly #origin: string;
  readonly #tokens: TokenSource<AccessToken>;
  #next: Middleware | undefined;

  constructor(origin: string, tokens: TokenSource<AccessToken>) {
    this.#origin = origin;
    this.#tokens = tokens;
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    try {
      if (new URL(requestUrl(context)).origin !== this.#origin) throw foreignOrigin(context);
      const lease = await this.#tokens.lease();
      await this.#send(context, lease);
      if (context.response?.status === 401) await this.#send(context, await this.#tokens.renew(lease));
    } catch (error) {
      throw carried(error);
    }
  }

  async #send(context: Context, { token }: Lease<AccessToken>): Promise<void> {
    const headers = new Headers(context.options?.headers);
    headers.set('authorization', `Bearer ${token.value}`);
    context.options = { ...context.options, headers };
    await this.#next?.execute(context);
  }
}

/** `timeoutMs` bounds each request; `onAnswer` sees each answer. */
export type Sending = { timeoutMs: number; onAnswer?: OnAnswer | undefined };

/** Last in the chain: sends through `httpCall`, which has the deadline and follows no redirect. Retries are the queue's. */
export class DeadlineSender implements Middleware {
  readonly #sending: Sending;

  constructor(sending: Sending) {
    this.#sending = sending;
  }

  async execute(context: Context): Promise<void> {
    const { method = 'GET', headers, body } = context.options ?? {};
    const operation = operationOf(context);
    const answer = await httpCall(
      {
        upstream: 'entra',
        operation,
        method,
        url: requestUrl(context),
        headers: Object.fromEntries(new Headers(headers)),
        body: typeof body === 'string' ? body : undefined,
      },
      this.#sending.timeoutMs,
    );
    this.#sending.onAnswer?.(operation, answer);
    context.response = new Response(answer.body === '' ? null : answer.body, { status: answer.status, headers: answer.headers });
  }
}

/** The failure inside an error that came out of the Graph client, or the error itself. */
export function uncarried(error: unknown): unknown {
  return error instanceof GraphClientError && error.customError instanceof UpstreamFailure ? error.customError : error;
}

/** The Graph client passes on a `GraphClientError` as it is and flattens everything else to a `GraphError` without cause. */
function carried(failure: unknown): GraphClientError {
  const carrier = new GraphClientError();
  carrier.customError = failure;
  return carrier;
}

function requestUrl({ request }: Context): string {
  return typeof request === 'string' ? request : request.url;
}

function operationOf({ middlewareControl }: Context): string {
  const option = middlewareControl?.getMiddlewareOptions(OperationName);
  return option instanceof OperationName ? option.name : 'request';
}

function foreignOrigin(context: Context): UpstreamFailure {
  return new UpstreamFailure({ upstream: 'entra', operation: operationOf(context), kind: 'rejected', code: 'foreign_origin' });
}

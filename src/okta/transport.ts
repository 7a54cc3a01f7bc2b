import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RequestExecutor, type Client } from '@okta/okta-sdk-nodejs';
import { z } from 'zod';
import type { HttpAnswer, OnAnswer } from '../http-call.js';
import { failureOf } from './answer.js';
import type { SendAuthorized } from './authorization.js';

const sdkRequest = z.object({ url: z.url(), method: z.string().toUpperCase() });

/** The SDK, the transport that it was made with, and the org's address. */
export type Okta = { sdk: Client; transport: OktaTransport; origin: string };

type Exchange = { operation: string; answered: (answer: HttpAnswer) => void };

/** Carries the requests that the SDK builds: authorization, deadline and classification of answers are ours, retries nobody's. */
export class OktaTransport extends RequestExecutor {
  readonly #send: SendAuthorized;
  readonly #onAnswer: OnAnswer | undefined;
  readonly #exchange = new AsyncLocalStorage<Exchange>();

  constructor(send: SendAuthorized, onAnswer?: OnAnswer) {
    super();
    this.#send = send;
    this.#onAnswer = onAnswer;
  }

  /**
   * Runs one call of the SDK, which must send one request, and returns Okta's answer to it, without waiting for what the SDK makes of it.
   * Throws `UpstreamFailure` for every answer other than a 2xx.
   */
  async answerOf(operation: string, call: () => Promise<unknown>): Promise<HttpAnswer> {
    return await new Promise((answered, failed) => {
      const ended = this.#exchange.run({ operation, answered }, call);
      ended.then(() => failed(new Error(`the SDK sent no request for ${operation}`)), failed);
    });
  }

  /** Called by the SDK (`src/http.js`) for each request. */
  override async fetch(request: unknown): Promise<Response> {
    const exchange = this.#exchange.getStore();
    if (exchange === undefined) throw new Error('a request of the SDK outside answerOf');
    const { url, method } = sdkRequest.parse(request);
    const { operation } = exchange;
    const headers = { accept: 'application/json', 'user-agent': 'posture-relay' };
    const answer = await this.#send({ upstream: 'okta', operation, method, url, headers });
    this.#onAnswer?.(operation, answer);
    const failure = failureOf(answer, { operation, method });
    if (failure !== null) throw failure;
    exchange.answered(answer);
    await nextTurn(); // what is waiting for the answer goes first
    // The SDK's models drop fields that they do not know and let wrong types through (ObjectSerializer.js): it gets nothing to read.
    return Response.json(null);
  }
}

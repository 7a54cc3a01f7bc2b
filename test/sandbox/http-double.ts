import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Contract } from './contract.js';
import { createFaultBook, type Fault, type FaultOrder } from './faults.js';
import type { DoubleAnswer, DoubleRequest } from './http-message.js';
import { createRequestLog, type RecordedRequest } from './request-log.js';
import { close, listen, rawAnswer, read, send, type RawAnswer } from './wire.js';

export type { Fault, FaultOrder } from './faults.js';
export type { RecordedRequest } from './request-log.js';

type HttpDoubleOptions = {
  /** Absent: a free one. */
  port?: number | undefined;
  /** The vendor's name of the operation a request addresses; null: none. */
  operationOf(request: DoubleRequest): string | null;
  /** Sees every request, also those that a fault keeps from being handled. */
  observe?: ((request: DoubleRequest) => void) | undefined;
  answer(request: DoubleRequest): Promise<DoubleAnswer>;
  contract?: Contract | undefined;
};

/** A real HTTP server that stands in for a vendor. */
export type HttpDouble = {
  /** Origin, without a trailing slash. */
  url: string;
  requests: RecordedRequest[];
  /** Resolves at the next, or an already recorded, matching request. */
  onRequest: (predicate: (request: RecordedRequest) => boolean) => Promise<RecordedRequest>;
  calls: (operation: string) => RecordedRequest[];
  order: (order: FaultOrder) => void;
  clearFaults: () => void;
  /** Requests and answers that break the vendor's contract, in words. */
  violations: () => string[];
  close: () => Promise<void>;
};

/** Starts a double on 127.0.0.1. */
export async function startHttpDouble(options: HttpDoubleOptions): Promise<HttpDouble> {
  const log = createRequestLog();
  const faults = createFaultBook();
  const broken: string[] = [];

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedAt = performance.now();
    const request = await read(incoming).catch(() => null);
    if (request === null) return;
    const record = recordOf(request, options.operationOf(request), arrivedAt);
    log.received(record);
    options.observe?.(request);
    broken.push(...requestViolations(request, record, options.contract));
    const fault = faults.take(record);
    const delayMs = fault?.kind === 'delay' ? fault.ms : 0;
    if (delayMs > headStartMs) await delay(delayMs - headStartMs, null, { ref: false });
    const answer = fault && fault.kind !== 'delay' ? await suffer(fault, request) : await compliantAnswer(request);
    while (performance.now() < arrivedAt + delayMs) await nextTurn();
    if (answer === 'none') return;
    if (answer === 'broken') return void response.destroy();
    send(response, answer);
    log.answered(record, answer.status);
  }

  async function suffer(fault: Exclude<Fault, { kind: 'delay' }>, request: DoubleRequest): Promise<RawAnswer | 'none' | 'broken'> {
    if (fault.kind === 'status') return statusAnswer(fault);
    if (fault.kind === 'garbage') return { status: 200, headers: { 'content-type': 'text/html' }, text: garbage };
    if (fault.kind === 'reset_after') await options.answer(request);
    return fault.kind === 'hang' ? 'none' : 'broken';
  }

  async function compliantAnswer(request: DoubleRequest): Promise<RawAnswer> {
    const answer = await options.answer(request);
    broken.push(...(options.contract?.checkAnswer(request, answer) ?? []));
    return rawAnswer(answer);
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      broken.push(`the double itself failed: ${String(error)}`);
      response.destroy();
    });
  });
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    requests: log.requests,
    onRequest: log.onRequest,
    calls: log.calls,
    order: faults.order,
    clearFaults: faults.clear,
    violations: () => [...broken],
    close: () => close(server),
  };
}

/** A delayed answer is worked out a little before its moment and then held: timers are late, and working it out takes time too. */
const headStartMs = 4;

function statusAnswer({ status, headers = {}, body: text = '' }: Extract<Fault, { kind: 'status' }>): RawAnswer {
  return { status, headers: text.startsWith('{') ? { 'content-type': 'application/json', ...headers } : headers, text };
}

const garbage = '<!DOCTYPE html><html><body><h1>Welcome to the guest network</h1></body></html>';

function requestViolations(request: DoubleRequest, record: RecordedRequest, contract: Contract | undefined): string[] {
  if (record.operation === null) return [`${request.method} ${request.pathname}: no such operation`];
  return contract?.checkRequest(request) ?? [];
}

function recordOf(request: DoubleRequest, operation: string | null, arrivedAt: number): RecordedRequest {
  const { method, path, headers, body } = request;
  return { at: Date.now(), arrivedAt, method, path, headers, body, operation, status: null };
}

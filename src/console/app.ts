import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Log } from '../log.js';
import { sendProblem, type Problem } from '../problem.js';
import type { RevocableSecret } from '../secret.js';
import { StateUnreadable } from '../store/device.js';
import { actingRoutes } from './acting.js';
import type { Desk } from './desk.js';
import { readingRoutes } from './reading.js';
import { Unacceptable } from './request.js';

type ConsoleOptions = { desk: Desk; token: RevocableSecret | undefined; log: Log };

/** On-call's API. Without a token it is only ever bound to a loopback address. */
export function createConsole({ desk, token, log }: ConsoleOptions): Express {
  const { redis } = desk;
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.use('/api', token === undefined ? requireLoopbackName : requireToken(token), requireRedis(redis));
  app.use('/api/v1', readingRoutes(desk), actingRoutes(desk));
  app.use((_request, response) => sendProblem(response, { status: 404, title: 'Not found', detail: 'The API starts at /api/v1/status.' }));
  app.use(explainFailure(redis, log));
  return app;
}

/**
 * Without a token, whoever reaches the loopback address may act. A page of another site whose name is made to resolve to it must not: the
 * browser then sends that name.
 */
const requireLoopbackName: RequestHandler = (request, response, next) => {
  if (loopbackNames.has(request.hostname)) return next();
  const detail = 'Without CONSOLE_TOKEN the console answers only as localhost, 127.0.0.1 or [::1]. Set a token to reach it by another name.';
  return sendProblem(response, { status: 403, title: 'Forbidden', detail });
};

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

function requireToken(token: RevocableSecret): RequestHandler {
  return (request, response, next) => {
    const given = /^Bearer (.+)$/i.exec(request.get('authorization') ?? '')?.[1] ?? '';
    const expected = token();
    if (expected !== null && timingSafeEqual(digest(given), digest(expected))) return next();
    const detail = 'Send the console token: Authorization: Bearer …, or RELAY_TOKEN for the relay command.';
    return sendProblem(response.set('WWW-Authenticate', 'Bearer'), { status: 401, title: 'Unauthorized', detail });
  };
}

function requireRedis(redis: Redis): RequestHandler {
  return (_request, response, next) => {
    if (redis.status === 'ready') return next();
    return sendProblem(response.set('Retry-After', '5'), noRedis);
  };
}

const noRedis: Problem = { status: 503, title: 'No answer from Redis', detail: 'The relay has lost Redis; nothing can be shown until it is back.' };

const clientErrorSchema = z.object({ status: z.number().int().min(400).max(499), type: z.string().optional() });

/** What Express cannot read is the caller's fault; a Redis that answered too late, or not even a ping, was gone; anything else is ours. */
function explainFailure(redis: Redis, log: Log): ErrorRequestHandler {
  // oxlint-disable-next-line max-params -- Express tells error handlers by their four parameters
  return async (error: unknown, _request, response, _next) => {
    if (error instanceof Unacceptable) return sendProblem(response, error.problem);
    const refused = clientErrorSchema.safeParse(error);
    if (refused.success) return sendProblem(response, unreadable(refused.data));
    log.error({ error }, 'console request failed');
    if (isTooLate(error) || !(await answersPing(redis))) return sendProblem(response.set('Retry-After', '5'), noRedis);
    const detail = error instanceof StateUnreadable ? error.message : 'See the log.';
    return sendProblem(response, { status: 500, title: 'The console failed', detail });
  };
}

/** Only the reader of bodies gives its errors a type. */
function unreadable({ status, type }: z.infer<typeof clientErrorSchema>): Problem {
  if (type === undefined) return { status: 400, title: 'Unreadable request', detail: 'The address cannot be read.' };
  return { status, title: 'Unreadable body', detail: status === 413 ? 'The body is too large: send fewer keys at a time.' : 'The body is not a JSON object.' };
}

/** `ioredis` gives its time-out no type (Command.js). */
function isTooLate(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out';
}

async function answersPing(redis: Redis): Promise<boolean> {
  try {
    await redis.ping();
    return true;
  } catch {
    return false;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

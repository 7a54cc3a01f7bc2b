import { once } from 'node:events';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { z } from 'zod';
import { sendProblem, type Problem } from '../problem.js';
import { readWebhook } from '../uem/webhook.js';
import { readBody } from './body.js';
import { isAuthenticated, type BasicCredentials } from './credentials.js';
import { takeIn, type Intake } from './intake.js';

export type ReceiverOptions = { intake: Intake; credentials: BasicCredentials[]; trustProxy: string | undefined };

const bodyLimit = 64 * 1024;
/** UEM's time-out is not documented; whoever waits longer than this has lost the event anyway. */
const answerWithinMs = 1_800;
const retryAfterSeconds = 5;

/** The receiver as an Express application: UEM's target URL and the health of this process. */
export function createReceiver({ intake, credentials, trustProxy }: ReceiverOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // no answer is ever asked for twice
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    // A frozen Redis keeps its connections open: only an answer shows that it is there.
    if ((await orGiveUp(intake, () => intake.redis.ping())) !== null) response.json({ status: 'ready' });
    else sendProblem(response.set('Retry-After', String(retryAfterSeconds)), noRedis);
  });
  app
    .route('/webhooks/uem')
    .all(authenticate(credentials))
    .get((_request, response) => void response.json({ status: 'ok' }))
    .post(express.raw({ type: () => true, limit: bodyLimit }), receive(intake))
    .all((_request, response) => {
      sendProblem(response.set('Allow', 'GET, POST'), { status: 405, title: 'Method not allowed', detail: 'UEM sends POST, and GET to test.' });
    });
  app.use((_request, response) => sendProblem(response, { status: 404, title: 'Not found', detail: 'The target URL ends with /webhooks/uem.' }));
  app.use(explainFailure(intake));
  return app;
}

/** Only requests without valid credentials are counted and limited, so a flood of them never locks UEM out. */
function authenticate(credentials: BasicCredentials[]): RequestHandler {
  const countRefusals = rateLimit({
    windowMs: 60_000,
    limit: 300,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // Without TRUST_PROXY the header is nobody's word; the library would complain about it on standard error.
    validate: { xForwardedForHeader: false },
    handler: (_request, response) => {
      sendProblem(response, { status: 429, title: 'Too many refused requests', detail: 'Check the user name and password in UEM, then wait a minute.' });
    },
  });
  return (request, response, next) => {
    if (isAuthenticated(request, credentials)) return next();
    return void countRefusals(request, response, () => {
      const detail = 'Enter UEM_WEBHOOK_USERNAME and UEM_WEBHOOK_PASSWORD in the event notification in UEM.';
      sendProblem(response.set('WWW-Authenticate', 'Basic realm="posture-relay", charset="UTF-8"'), { status: 401, title: 'Unauthorized', detail });
    });
  };
}

function receive(intake: Intake): RequestHandler {
  return async (request, response) => {
    const body = readBody(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
    if (!body.ok) return sendProblem(response, body.problem);
    const reading = readWebhook(body.body);
    if (reading.kind === 'unusable') return sendProblem(response, { status: 422, title: 'Not an event', detail: reading.detail });
    const receipt = await orGiveUp(intake, () => takeIn(intake, reading));
    if (receipt !== null) return void response.json(receipt);
    return sendProblem(response.set('Retry-After', String(retryAfterSeconds)), noRedis);
  };
}

const noRedis: Problem = { status: 503, title: 'Cannot take the event', detail: 'Redis does not answer. Nothing is lost at the relay; send the event again.' };

/** What Redis answers; null when it refuses or does not answer in time. One that is just being connected to is waited for. */
async function orGiveUp<T>({ redis, log }: Intake, ask: () => Promise<T>): Promise<T | null> {
  const inTime = new AbortController();
  const timer = setTimeout(() => inTime.abort(), answerWithinMs);
  try {
    if (redis.status !== 'ready') await once(redis, 'ready', { signal: inTime.signal });
    return await Promise.race([ask(), once(inTime.signal, 'abort').then(refuseLate)]);
  } catch (error) {
    log.error({ error }, 'answered 503: Redis did not do what was asked');
    return null;
  } finally {
    clearTimeout(timer);
  }
}

function refuseLate(): never {
  throw new Error(`Redis did not answer within ${answerWithinMs} ms`);
}

const clientErrorSchema = z.object({ status: z.number().int().min(400).max(499), type: z.string().optional() });

/** Errors of reading the request (too large, cut off, unknown encoding) are the sender's; anything else is ours. */
function explainFailure(intake: Intake): ErrorRequestHandler {
  // oxlint-disable-next-line max-params -- Express tells error handlers by their four parameters
  return (error: unknown, _request, response, _next) => {
    const refused = clientErrorSchema.safeParse(error);
    if (refused.success && refused.data.status === 413) {
      return sendProblem(response, { status: 413, title: 'Body too large', detail: `An event notification has at most ${bodyLimit} bytes.` });
    }
    if (refused.success) {
      return sendProblem(response, { status: 400, title: 'Unreadable request', detail: `The request cannot be read (${refused.data.type ?? refused.data.status}).` });
    }
    intake.log.error({ error }, 'request failed');
    return sendProblem(response.set('Retry-After', String(retryAfterSeconds)), { status: 503, title: 'Cannot take the event', detail: 'The relay failed; send the event again.' });
  };
}

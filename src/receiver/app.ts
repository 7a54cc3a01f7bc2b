import type { IncomingMessage, RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { sendJson, sendProblem } from '../problem.js';
import { isAuthenticated, type BasicCredentials } from './credentials.js';
import { orGiveUp } from './deadline.js';
import type { Intake } from './intake.js';
import { answerEvent, bodyLimit, noRedis, problemOf, takeWebhook } from './webhook.js';

type ReceiverOptions = { intake: Intake; credentials: BasicCredentials[]; trustProxy: string | undefined };

/**
 * The receiver: UEM's target URL and the health of this process. What UEM sends day and night, an event with its credentials, does not take
 * the way over Express, which costs more than taking the event (decision 10); everything else does.
 */
export function createReceiver(options: ReceiverOptions): RequestListener {
  const app = createApp(options);
  const { intake, credentials } = options;
  return (request, response) => {
    if (isPlainWebhook(request) && isAuthenticated(request, credentials)) void takeWebhook(intake, request, response);
    else app(request, response);
  };
}

/** Compressed bodies are Express' to read. */
function isPlainWebhook({ method, url, headers }: IncomingMessage): boolean {
  return method === 'POST' && url === '/webhooks/uem' && headers['content-encoding'] === undefined;
}

function createApp({ intake, credentials, trustProxy }: ReceiverOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // no answer is ever asked for twice
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  app.get('/healthz', (_request, response) => sendJson(response, { status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    // A frozen Redis keeps its connections open: only an answer shows that it is there.
    if ((await orGiveUp(intake, () => intake.redis.ping())) !== null) sendJson(response, { status: 'ready' });
    else noRedis(response);
  });
  app
    .route('/webhooks/uem')
    .all(authenticate(credentials))
    .get((_request, response) => sendJson(response, { status: 'ok' }))
    .post(express.raw({ type: () => true, limit: bodyLimit }), (request, response) =>
      answerEvent(intake, Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0), response))
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

function explainFailure(intake: Intake): ErrorRequestHandler {
  // oxlint-disable-next-line max-params -- Express tells error handlers by their four parameters
  return (error: unknown, _request, response, _next) => problemOf(intake, error, response);
}

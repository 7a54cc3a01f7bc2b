import type { IncomingMessage, ServerResponse } from 'node:http';
import getRawBody from 'raw-body';
import { z } from 'zod';
import { sendJson, sendProblem } from '../problem.js';
import { readWebhook } from '../uem/webhook.js';
import { readBody } from './body.js';
import { orGiveUp } from './deadline.js';
import { takeIn, type Intake } from './intake.js';

export const bodyLimit = 64 * 1024;
const retryAfterSeconds = 5;

/** Reads an event from an authenticated request and answers it, whatever is wrong with it. */
export async function takeWebhook(intake: Intake, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await answerEvent(intake, await getRawBody(request, { length: request.headers['content-length'] ?? null, limit: bodyLimit }), response);
  } catch (error) {
    problemOf(intake, error, response);
  }
}

/** Takes in the event in a body and answers; 200 only after Redis has it. */
export async function answerEvent(intake: Intake, raw: Buffer, response: ServerResponse): Promise<void> {
  const body = readBody(raw);
  if (!body.ok) return sendProblem(response, body.problem);
  const reading = readWebhook(body.body);
  if (reading.kind === 'unusable') return sendProblem(response, { status: 422, title: 'Not an event', detail: reading.detail });
  const receipt = await orGiveUp(intake, () => takeIn(intake, reading));
  return receipt === null ? noRedis(response) : sendJson(response, receipt);
}

/** Says that Redis is away, and when to come again. */
export function noRedis(response: ServerResponse): void {
  const detail = 'Redis does not answer. Nothing is lost at the relay; send the event again.';
  sendProblem(comeAgain(response), { status: 503, title: 'Cannot take the event', detail });
}

const clientErrorSchema = z.object({ status: z.number().int().min(400).max(499), type: z.string().optional() });

/** Errors of reading the request (too large, cut off, unknown encoding) are the sender's; anything else is ours. */
export function problemOf({ log }: Pick<Intake, 'log'>, error: unknown, response: ServerResponse): void {
  const refused = clientErrorSchema.safeParse(error);
  if (refused.success && refused.data.status === 413) {
    return sendProblem(response, { status: 413, title: 'Body too large', detail: `An event notification has at most ${bodyLimit} bytes.` });
  }
  if (refused.success) {
    return sendProblem(response, { status: 400, title: 'Unreadable request', detail: `The request cannot be read (${refused.data.type ?? refused.data.status}).` });
  }
  log.error({ error }, 'request failed');
  return sendProblem(comeAgain(response), { status: 503, title: 'Cannot take the event', detail: 'The relay failed; send the event again.' });
}

function comeAgain(response: ServerResponse): ServerResponse {
  return response.setHeader('Retry-After', String(retryAfterSeconds));
}

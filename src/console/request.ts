import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { sendProblem, type Problem } from '../problem.js';
import type { Order } from './desk.js';

/** A request that cannot be answered, with what is wrong about it. */
export class Unacceptable extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** What a body or a query says. Throws `Unacceptable`, naming every field that is wrong. */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the request'}: ${message}.`);
  throw new Unacceptable({ status: 400, title: 'Unusable request', detail: wrong.join(' ') });
}

const actorSchema = z.string().trim().min(1).max(200).catch('console');

/** Who gives an order (by `X-Relay-Actor`: everybody has the same token), and why. */
export function orderOf(request: Request, reason: string): Order {
  return { by: actorSchema.parse(request.get('x-relay-actor')), reason };
}

/** A page of another site can have a browser send a form, but no JSON without being allowed to: nobody is. */
export const requireJson: RequestHandler = (request, response, next) => {
  if (request.is('application/json') === 'application/json') return next();
  return sendProblem(response, { status: 415, title: 'Not JSON', detail: 'Send a JSON object with Content-Type: application/json; it needs at least a "reason".' });
};

import { randomUUID } from 'node:crypto';
import type { DoubleAnswer } from '../http-message.js';

/** A Graph error body with its `innerError`. */
export function graphError(status: number, code: string, message: string): DoubleAnswer {
  const innerError = { date: new Date().toISOString().slice(0, 19), 'request-id': randomUUID(), 'client-request-id': randomUUID() };
  return { status, body: { error: { code, message, innerError } } };
}

export function resourceNotFound(id: string): DoubleAnswer {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return graphError(404, 'Request_ResourceNotFound', message);
}

export function invalidAuthenticationToken(): DoubleAnswer {
  return graphError(401, 'InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.');
}

export function requestDenied(): DoubleAnswer {
  return graphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
}

/** The token endpoint's refusal; `number` is the AADSTS one. */
export function stsError(status: 400 | 401, error: string, { number, text }: { number: number; text: string }): DoubleAnswer {
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${number}: ${text}`,
      error_codes: [number],
      timestamp: new Date().toISOString().replace('T', ' ').replace(/\.\d+/, ''),
      trace_id: randomUUID(),
      correlation_id: randomUUID(),
    },
  };
}

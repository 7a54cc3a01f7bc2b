import { randomBytes } from 'node:crypto';
import type { DoubleAnswer } from '../http-message.js';

/** An Okta error body, in the shape of the recorded ones. */
export function oktaError(status: number, errorCode: string, [errorSummary, ...causes]: [string, ...string[]]): DoubleAnswer {
  const errorId = `oae${randomBytes(16).toString('base64url')}`;
  const errorCauses = causes.map((cause) => ({ errorSummary: cause }));
  return { status, body: { errorCode, errorSummary, errorLink: errorCode, errorId, errorCauses } };
}

/** 404; `kind` is `Device`, `GenericUDObject` (device users) or `User`. */
export function notFound(id: string, kind: string): DoubleAnswer {
  return oktaError(404, 'E0000007', [`Not found: Resource not found: ${id} (${kind})`]);
}

/** 400 for a search expression or a cursor. */
export function invalidSearch(cause: string): DoubleAnswer {
  return oktaError(400, 'E0000031', ['Invalid search criteria.', cause]);
}

export function invalidToken(): DoubleAnswer {
  const answer = oktaError(401, 'E0000011', ['Invalid token provided']);
  return { ...answer, headers: { 'www-authenticate': 'Bearer error="invalid_token", error_description="The access token is invalid."' } };
}

export function accessDenied(): DoubleAnswer {
  return oktaError(403, 'E0000006', ['You do not have permission to perform the requested action']);
}

export function tooManyRequests(): DoubleAnswer {
  return oktaError(429, 'E0000047', ['API call exceeded rate limit due to too many requests.']);
}

export function oauthError(status: 400 | 401, error: string, error_description: string): DoubleAnswer {
  return { status, body: { error, error_description } };
}

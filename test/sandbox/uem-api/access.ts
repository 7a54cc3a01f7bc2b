import { randomBytes, randomUUID } from 'node:crypto';
import { formFields, type DoubleAnswer, type DoubleRequest } from '../http-message.js';

export type UemApiCredentials = { clientId: string; clientSecret: string; username: string; password: string; tenantCode: string };

type Access = {
  /** What the token endpoint answers. */
  issue: (request: DoubleRequest) => DoubleAnswer;
  /** Whether a request of the API carries a token that was issued, or the administrator's password and the tenant code. */
  accepts: (request: DoubleRequest) => boolean;
  rejectCredentials: (rejected: boolean) => void;
  expireTokens: () => void;
};

/** Who may use UEM's API. */
export function createAccess(credentials: UemApiCredentials, lifetimeSeconds: number): Access {
  const { clientId, clientSecret, username, password, tenantCode } = credentials;
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const tokens = new Map<string, number>();
  let rejected = false;
  return {
    issue: (request) => {
      const { grant_type, client_id, client_secret } = formFields(request);
      if (grant_type !== 'client_credentials') return { status: 400, body: { error: 'unsupported_grant_type' } };
      if (rejected || client_id !== clientId || client_secret !== clientSecret) return { status: 400, body: { error: 'invalid_client' } };
      const access_token = `eyJ.${randomBytes(24).toString('base64url')}`;
      tokens.set(access_token, Date.now() + lifetimeSeconds * 1_000);
      return { status: 200, body: { access_token, expires_in: lifetimeSeconds, token_type: 'Bearer' } };
    },
    accepts: ({ headers }) => {
      if (rejected) return false;
      const { authorization = '' } = headers;
      if (authorization.startsWith('Bearer ')) return (tokens.get(authorization.slice(7)) ?? 0) > Date.now();
      return authorization === basic && headers['aw-tenant-code'] === tenantCode;
    },
    rejectCredentials: (on) => {
      rejected = on;
    },
    expireTokens: () => tokens.clear(),
  };
}

/** UEM's error model. */
export function uemError(status: number, errorCode: number, message: string): DoubleAnswer {
  return { status, body: { errorCode, message, activityId: randomUUID() } };
}

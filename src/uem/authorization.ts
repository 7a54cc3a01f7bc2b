import { httpCall, type HttpAnswer, type HttpCall } from '../http-call.js';
import type { TokenSource } from '../token-source.js';
import type { IssuedToken } from './token-endpoint.js';

/** Sends a call as this client, each attempt within the deadline; a call that UEM answers with 401 is sent once more at most. */
export type SendAuthorized = (call: HttpCall) => Promise<HttpAnswer>;

/** With an access token: a 401 renews it once. */
export function withAccessToken(tokens: TokenSource<IssuedToken>, timeoutMs: number): SendAuthorized {
  return async (call) => {
    const lease = await tokens.lease();
    const answer = await attempt(call, `Bearer ${lease.token.value}`, timeoutMs);
    if (answer.status !== 401) return answer;
    const { token } = await tokens.renew(lease);
    return await attempt(call, `Bearer ${token.value}`, timeoutMs);
  };
}

/** With a user name and password: a 401 reads the password again, in case it has been rotated. */
export function withPassword({ username, password }: { username: string; password: () => string }, timeoutMs: number): SendAuthorized {
  return async (call) => {
    const used = password();
    const answer = await attempt(call, basic(username, used), timeoutMs);
    const rotated = password();
    return answer.status === 401 && rotated !== used ? await attempt(call, basic(username, rotated), timeoutMs) : answer;
  };
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function attempt(call: HttpCall, authorization: string, timeoutMs: number): Promise<HttpAnswer> {
  return httpCall({ ...call, headers: { ...call.headers, authorization } }, timeoutMs);
}

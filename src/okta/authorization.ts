import { httpCall, type HttpAnswer, type HttpCall } from '../http-call.js';
import type { Lease, TokenSource } from '../token-source.js';
import { demandsNonce } from './answer.js';
import type { IssuedToken } from './token-endpoint.js';

/** Sends a call as this client, each attempt within the deadline; a call that Okta answers with 401 is sent with one other token at most. */
export type SendAuthorized = (call: HttpCall) => Promise<HttpAnswer>;

/** With an access token: a 401 renews it once. Every attempt carries a proof of its own, because Okta refuses one that it has seen. */
export function withAccessToken(tokens: TokenSource<IssuedToken>, timeoutMs: number): SendAuthorized {
  let nonce: string | undefined;

  async function attempt(call: HttpCall, { token }: Lease<IssuedToken>): Promise<HttpAnswer> {
    const dpop = token.prove({ method: call.method, url: call.url, nonce, accessToken: token.value });
    const headers = { ...call.headers, authorization: `${token.scheme} ${token.value}`, dpop };
    const answer = await httpCall({ ...call, headers }, timeoutMs);
    nonce = answer.headers.get('dpop-nonce') ?? nonce;
    return answer;
  }

  async function withNonce(call: HttpCall, lease: Lease<IssuedToken>): Promise<HttpAnswer> {
    const answer = await attempt(call, lease);
    return demandsNonce(answer) ? await attempt(call, lease) : answer;
  }

  return async (call) => {
    const lease = await tokens.lease();
    const answer = await withNonce(call, lease);
    return answer.status === 401 ? await withNonce(call, await tokens.renew(lease)) : answer;
  };
}

/** With an API token (`SSWS`): it cannot be renewed, but a 401 reads it again in case it has been rotated. */
export function withApiToken(token: () => string, timeoutMs: number): SendAuthorized {
  const attempt = async (call: HttpCall, value: string): Promise<HttpAnswer> =>
    await httpCall({ ...call, headers: { ...call.headers, authorization: `SSWS ${value}` } }, timeoutMs);

  return async (call) => {
    const used = token();
    const answer = await attempt(call, used);
    const rotated = token();
    return answer.status === 401 && rotated !== used ? await attempt(call, rotated) : answer;
  };
}

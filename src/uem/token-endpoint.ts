import { z } from 'zod';
import { UpstreamFailure, type UpstreamFailureKind } from '../failure.js';
import { httpCall, type HttpAnswer } from '../http-call.js';
import { parseJson } from '../json.js';
import { throttleWaitMs } from './answer.js';

/** `lifetimeMs` counts from the answer. */
export type IssuedToken = { value: string; lifetimeMs: number };

/** `clientSecret` is read at each exchange: a rotated file is used without a restart. */
export type TokenEndpoint = { tokenUrl: string; clientId: string; clientSecret: () => string; timeoutMs: number };

/** Some data centres answer `expires_in` as text. */
const issued = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });
const refusal = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

/**
 * Asks the token endpoint of UEM's data centre for a token (client credentials). Throws `UpstreamFailure`, never `uncertain`: a token
 * changes nothing. What is no passing trouble blocks UEM for everyone (`credentials`).
 */
export async function exchangeToken({ tokenUrl, clientId, clientSecret, timeoutMs }: TokenEndpoint): Promise<IssuedToken> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret() }).toString();
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
  const call = { upstream: 'uem', operation: 'token', method: 'POST', url: tokenUrl, headers, body } as const;
  const answer = await httpCall(call, timeoutMs).catch((error: unknown) => {
    throw error instanceof UpstreamFailure ? new UpstreamFailure({ ...error.details, uncertain: false }) : error;
  });
  const token = answer.status === 200 ? issued.safeParse(parseJson(answer.body)).data : undefined;
  if (token === undefined) throw refused(answer);
  return { value: token.access_token, lifetimeMs: token.expires_in * 1_000 };
}

function refused({ status, headers, body }: HttpAnswer): UpstreamFailure {
  const kind: UpstreamFailureKind = status === 429 ? 'throttled' : status >= 500 || status === 408 ? 'transient' : 'credentials';
  const code = refusal.safeParse(parseJson(body)).data?.error ?? 'no_token';
  return new UpstreamFailure({
    upstream: 'uem',
    operation: 'token',
    kind,
    status,
    code,
    ...(kind === 'throttled' && { waitMs: throttleWaitMs(headers, Date.now()) }),
  });
}

import { AuthError, ConfidentialClientApplication, type INetworkModule, type NodeAuthOptions } from '@azure/msal-node';
import { UpstreamFailure } from '../failure.js';
import { httpCall } from '../http-call.js';
import type { Lasting } from '../token-source.js';
import { tokenFailure } from './answer.js';
import { readCertificate } from './certificate.js';

/** `expiresAt`: milliseconds since the epoch. */
export type AccessToken = Lasting & { value: string; expiresAt: number };

/** How the app proves who it is; read at each exchange, so a rotated secret or file is used without a restart. */
export type EntraCredential = { kind: 'secret'; secret: () => string } | { kind: 'certificate'; pem: () => string };

/** Origins carry no trailing slash. `scope` is `<Graph origin>/.default`. */
export type TokenRequest = {
  tenantId: string;
  clientId: string;
  credential: EntraCredential;
  authorityOrigin: string;
  scope: string;
  timeoutMs: number;
};

/**
 * One client-credentials exchange through msal-node. Throws `UpstreamFailure`; never `uncertain`, because a token changes nothing.
 * The application object lives for one exchange: msal's cache throws away good tokens during an outage, and its client-side throttle
 * turns one 5xx into a minute of refusals.
 */
export async function exchangeToken(request: TokenRequest): Promise<AccessToken> {
  const sent = tokenNetwork(request.timeoutMs);
  try {
    const application = new ConfidentialClientApplication({ auth: authOptions(request), system: { networkClient: sent.client } });
    const result = await application.acquireTokenByClientCredential({
      scopes: [request.scope],
      azureRegion: 'DisableMsalForceRegion',
    });
    if (!result?.accessToken || result.expiresOn === null) throw refused('no_token');
    return lasting(result.accessToken, result.expiresOn, result.refreshOn);
  } catch (error) {
    throw sent.failure() ?? (error instanceof UpstreamFailure ? error : refused(localCode(error)));
  }
}

const safetyMs = 60_000;

/** It is good for another minute whenever it is used; in the last quarter of its life, or from Entra's `refresh_in` on, a new one is got. */
function lasting(value: string, expiresOn: Date, refreshOn: Date | undefined): AccessToken {
  const now = Date.now();
  const lifeMs = expiresOn.getTime() - now;
  return { value, expiresAt: expiresOn.getTime(), lifetimeMs: lifeMs - safetyMs, renewInMs: Math.min((refreshOn?.getTime() ?? Infinity) - now, lifeMs * 0.75) };
}

/** Endpoints are given, so msal asks no discovery service; only this way does it accept the sandbox's plain http as well. */
function authOptions({ tenantId, clientId, credential, authorityOrigin }: TokenRequest): NodeAuthOptions {
  const { host } = new URL(authorityOrigin);
  const tenant = encodeURIComponent(tenantId);
  const endpoint = `${authorityOrigin}/${tenant}/oauth2/v2.0`;
  return {
    clientId,
    authority: `https://${host}/${tenant}`,
    knownAuthorities: [host],
    authorityMetadata: JSON.stringify({
      issuer: `${authorityOrigin}/${tenant}/v2.0`,
      authorization_endpoint: `${endpoint}/authorize`,
      token_endpoint: `${endpoint}/token`,
      jwks_uri: `${authorityOrigin}/${tenant}/discovery/v2.0/keys`,
    }),
    ...(credential.kind === 'secret'
      ? { clientSecret: credential.secret() }
      : { clientCertificate: readCertificate(credential.pem()) }),
  };
}

/** msal's network, with our deadline; it keeps the failure that msal would replace by its own `network_error`. */
function tokenNetwork(timeoutMs: number): { client: INetworkModule; failure: () => UpstreamFailure | undefined } {
  let failure: UpstreamFailure | undefined;
  const send: INetworkModule['sendPostRequestAsync'] = async (url, { headers = {}, body } = {}) => {
    try {
      const call = { upstream: 'entra', operation: 'token', method: 'POST', url, headers, body } as const;
      const answer = await httpCall(call, timeoutMs);
      const refusal = tokenFailure(answer);
      if (refusal !== null) throw refusal;
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body: JSON.parse(answer.body) };
    } catch (error) {
      if (error instanceof UpstreamFailure) failure = new UpstreamFailure({ ...error.details, uncertain: false });
      throw error;
    }
  };
  return { client: { sendPostRequestAsync: send, sendGetRequestAsync: noDiscovery }, failure: () => failure };
}

function noDiscovery(): Promise<never> {
  return Promise.reject(refused('discovery_not_expected'));
}

function localCode(error: unknown): string {
  return error instanceof AuthError ? error.errorCode : 'credential_unusable';
}

function refused(code: string): UpstreamFailure {
  return new UpstreamFailure({ upstream: 'entra', operation: 'token', kind: 'credentials', code });
}

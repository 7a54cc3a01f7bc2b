import type { EntraOptions } from './entra/client.js';
import type { OktaCredentials, OktaOptions } from './okta/client.js';
import type { Settings } from './settings.js';
import type { UemCredentials, UemOptions } from './uem/client.js';

/** How to reach Okta, as the settings have it; `timeoutMs` is the deadline of one request. */
export function oktaOptions(okta: Settings['okta'], timeoutMs: number): OktaOptions {
  return { orgUrl: okta.OKTA_CLIENT_ORGURL, credentials: oktaCredentials(okta), timeoutMs };
}

/** In shadow mode the other flow does the work, and needs the limit. */
const shadowPart = 0.2;

/** The part of Okta's rate limits that is ours. */
export function rateShare(okta: Settings['okta'], mode: Settings['store']['MODE']): number {
  return mode === 'shadow' ? okta.OKTA_RATE_SHARE * shadowPart : okta.OKTA_RATE_SHARE;
}

function oktaCredentials(okta: Settings['okta']): OktaCredentials {
  const { OKTA_CLIENT_CLIENTID: clientId, OKTA_CLIENT_PRIVATEKEY: privateKey, OKTA_CLIENT_KEYID: keyId, OKTA_CLIENT_TOKEN: token } = okta;
  if (clientId && privateKey) return { kind: 'key', clientId, keyId, privateKey };
  if (token) return { kind: 'token', token };
  throw new Error('No Okta credentials'); // settings.ts has refused this
}

/** How to reach Entra ID, as the settings have it; null where Entra actions are off. `timeoutMs` is the deadline of one request. */
export function entraOptions({ entra }: Pick<Settings, 'entra'>, timeoutMs: number): EntraOptions | null {
  const { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: secret, AZURE_CLIENT_CERTIFICATE_PATH: pem } = entra;
  if (!tenantId || !clientId) return null;
  const credential = secret ? ({ kind: 'secret', secret } as const) : pem ? ({ kind: 'certificate', pem } as const) : null;
  if (credential === null) return null;
  return {
    tenantId,
    clientId,
    credential,
    authorityHost: entra.AZURE_AUTHORITY_HOST,
    graphBaseUrl: entra.GRAPH_BASE_URL,
    timeoutMs,
  };
}

/** How to reach UEM's REST API, as the settings have it; null where it is off. `timeoutMs` is the deadline of one request. */
export function uemOptions({ uemApi }: Pick<Settings, 'uemApi'>, timeoutMs: number): UemOptions | null {
  const credentials = uemCredentials(uemApi);
  if (!uemApi.UEM_API_URL || credentials === null) return null;
  return { apiUrl: uemApi.UEM_API_URL, credentials, tenantCode: uemApi.UEM_TENANT_CODE, timeoutMs };
}

function uemCredentials(uemApi: Settings['uemApi']): UemCredentials | null {
  const { UEM_OAUTH_TOKEN_URL: tokenUrl, UEM_OAUTH_CLIENT_ID: clientId, UEM_OAUTH_CLIENT_SECRET: clientSecret } = uemApi;
  const { UEM_API_USERNAME: username, UEM_API_PASSWORD: password } = uemApi;
  if (tokenUrl && clientId && clientSecret) return { kind: 'oauth', tokenUrl, clientId, clientSecret };
  return username && password ? { kind: 'basic', username, password } : null;
}

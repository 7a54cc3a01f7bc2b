import type { EntraOptions } from './entra/client.js';
import type { OktaCredentials, OktaOptions } from './okta/client.js';
import type { Settings } from './settings.js';

/** How to reach Okta, as the settings have it; `timeoutMs` is the deadline of one request. */
export function oktaOptions(okta: Settings['okta'], timeoutMs: number): OktaOptions {
  return { orgUrl: okta.OKTA_CLIENT_ORGURL, credentials: oktaCredentials(okta), timeoutMs };
}

function oktaCredentials(okta: Settings['okta']): OktaCredentials {
  const { OKTA_CLIENT_CLIENTID: clientId, OKTA_CLIENT_PRIVATEKEY: privateKey, OKTA_CLIENT_KEYID: keyId, OKTA_CLIENT_TOKEN: token } = okta;
  if (clientId && privateKey) return { kind: 'key', clientId, keyId, privateKey };
  if (token) return { kind: 'token', token };
  throw new Error('No Okta credentials'); // settings.ts has refused this
}

/** How to reach Entra ID, as the settings have it; null where Entra actions are off. `timeoutMs` is the deadline of one request. */
export function entraOptions({ entra, upstreams }: Pick<Settings, 'entra' | 'upstreams'>, timeoutMs: number): EntraOptions | null {
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
    allowHttpLoopback: upstreams.ALLOW_HTTP_UPSTREAMS === 'loopback',
  };
}

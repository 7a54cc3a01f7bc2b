import { createEntraClient, type EntraClient } from '../src/entra/client.js';
import { createOktaClient, type OktaClient, type OktaCredentials } from '../src/okta/client.js';
import type { Settings } from '../src/settings.js';
import { shadowEntra, shadowOkta } from './shadow.js';

/** The deadline of one upstream request, milliseconds. */
const timeoutMs = 10_000;

/** The clients of Okta and Entra ID that the settings ask for; in shadow mode they change nothing. */
export function createUpstreams(settings: Pick<Settings, 'okta' | 'entra' | 'upstreams' | 'store'>): { okta: OktaClient; entra: EntraClient | null } {
  const okta = createOktaClient({ orgUrl: settings.okta.OKTA_CLIENT_ORGURL, credentials: oktaCredentials(settings.okta), timeoutMs });
  const entra = entraClient(settings);
  if (settings.store.MODE === 'enforce') return { okta, entra };
  return { okta: shadowOkta(okta), entra: entra && shadowEntra() };
}

function oktaCredentials(okta: Settings['okta']): OktaCredentials {
  const { OKTA_CLIENT_CLIENTID: clientId, OKTA_CLIENT_PRIVATEKEY: privateKey, OKTA_CLIENT_KEYID: keyId, OKTA_CLIENT_TOKEN: token } = okta;
  if (clientId && privateKey) return { kind: 'key', clientId, keyId, privateKey };
  if (token) return { kind: 'token', token };
  throw new Error('No Okta credentials'); // settings.ts has refused this
}

function entraClient({ entra, upstreams }: Pick<Settings, 'entra' | 'upstreams'>): EntraClient | null {
  const { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: secret, AZURE_CLIENT_CERTIFICATE_PATH: pem } = entra;
  if (!tenantId || !clientId) return null;
  const credential = secret ? ({ kind: 'secret', secret } as const) : pem ? ({ kind: 'certificate', pem } as const) : null;
  if (credential === null) return null;
  return createEntraClient({
    tenantId,
    clientId,
    credential,
    authorityHost: entra.AZURE_AUTHORITY_HOST,
    graphBaseUrl: entra.GRAPH_BASE_URL,
    timeoutMs,
    allowHttpLoopback: upstreams.ALLOW_HTTP_UPSTREAMS === 'loopback',
  });
}

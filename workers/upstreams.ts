import { createEntraClient, type EntraClient } from '../src/entra/client.js';
import { createOktaClient, type OktaClient } from '../src/okta/client.js';
import type { Settings } from '../src/settings.js';
import { entraOptions, oktaOptions } from '../src/upstream-options.js';
import { shadowEntra, shadowOkta } from './shadow.js';

/** The deadline of one upstream request, milliseconds. */
const timeoutMs = 10_000;

/** The clients of Okta and Entra ID that the settings ask for; in shadow mode they change nothing. */
export function createUpstreams(settings: Pick<Settings, 'okta' | 'entra' | 'upstreams' | 'store'>): { okta: OktaClient; entra: EntraClient | null } {
  const okta = createOktaClient(oktaOptions(settings.okta, timeoutMs));
  const options = entraOptions(settings, timeoutMs);
  const entra = options && createEntraClient(options);
  if (settings.store.MODE === 'enforce') return { okta, entra };
  return { okta: shadowOkta(okta), entra: entra && shadowEntra() };
}

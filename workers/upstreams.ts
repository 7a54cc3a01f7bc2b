import { createEntraClient, type EntraClient } from '../src/entra/client.js';
import { createOktaClient, type OktaClient } from '../src/okta/client.js';
import type { Settings } from '../src/settings.js';
import { createUemClient, type UemClient } from '../src/uem/client.js';
import { entraOptions, oktaOptions, uemOptions } from '../src/upstream-options.js';
import { shadowEntra, shadowOkta } from './shadow.js';

/** The deadline of one upstream request, milliseconds. */
const timeoutMs = 10_000;

/** Null: the settings do not ask for it. */
export type Upstreams = { okta: OktaClient; entra: EntraClient | null; uem: UemClient | null };

/** The clients that the settings ask for; in shadow mode they change nothing. */
export function createUpstreams(settings: Pick<Settings, 'okta' | 'entra' | 'uemApi' | 'upstreams' | 'store'>): Upstreams {
  const okta = createOktaClient(oktaOptions(settings.okta, timeoutMs));
  const options = entraOptions(settings, timeoutMs);
  const entra = options && createEntraClient(options);
  const uemApi = uemOptions(settings, timeoutMs);
  const uem = uemApi && createUemClient(uemApi);
  if (settings.store.MODE === 'enforce') return { okta, entra, uem };
  return { okta: shadowOkta(okta), entra: entra && shadowEntra(), uem };
}

import { createEntraClient, type EntraClient } from '../src/entra/client.js';
import type { OnAnswer } from '../src/http-call.js';
import type { Log } from '../src/log.js';
import { createOktaClient, type OktaClient } from '../src/okta/client.js';
import { bucketOf, rateLimitOf } from '../src/okta/rate-limit.js';
import type { Settings } from '../src/settings.js';
import type { Budget } from '../src/store/budget.js';
import { createUemClient, type UemClient } from '../src/uem/client.js';
import { entraOptions, oktaOptions, uemOptions } from '../src/upstream-options.js';
import { shadowEntra, shadowOkta } from './shadow.js';

/** The deadline of one upstream request, milliseconds. */
const timeoutMs = 10_000;

/** Null: the settings do not ask for it. */
type Upstreams = { okta: OktaClient; entra: EntraClient | null; uem: UemClient | null };

/** The clients that the settings ask for; in shadow mode they change nothing. `onOktaAnswer` sees every answer of Okta. */
export function createUpstreams(settings: Pick<Settings, 'okta' | 'entra' | 'uemApi' | 'upstreams' | 'store'>, onOktaAnswer: OnAnswer): Upstreams {
  const okta = createOktaClient({ ...oktaOptions(settings.okta, timeoutMs), onAnswer: onOktaAnswer });
  const options = entraOptions(settings, timeoutMs);
  const entra = options && createEntraClient(options);
  const uemApi = uemOptions(settings, timeoutMs);
  const uem = uemApi && createUemClient(uemApi);
  if (settings.store.MODE === 'enforce') return { okta, entra, uem };
  return { okta: shadowOkta(okta), entra: entra && shadowEntra(), uem };
}

/**
 * Tells the budget what each answer of Okta says of its rate limit. That there is none is believed of no refusal: it may be a proxy's, or be
 * down to the limit on concurrent requests.
 */
export function reportTo(budget: Budget, log: Log): OnAnswer {
  // At once, because the next call asks the budget behind it: the first answer of a bucket tells whether there is one left.
  return (operation, { status, headers }) => {
    const said = rateLimitOf(headers);
    if (said === null && status >= 300) return;
    budget.report(bucketOf(operation), said).catch((error: unknown) => log.warn({ error }, 'budget: Redis'));
  };
}

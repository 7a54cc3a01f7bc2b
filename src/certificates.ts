import { periodFlaw, readKeyPair } from './key-pair.js';
import type { Log } from './log.js';
import type { Settings } from './settings.js';
import { tlsPair } from './tls-pair.js';

type Certified = Partial<Pick<Settings, 'tls' | 'entra'>>;

/** Which certificates are not valid at `now`, each with its variable. Throws `ConfigError` where the pair for TLS is not usable. */
export function certificatesOutOfDate({ tls, entra }: Certified, now: number): string[] {
  const inUse = entra?.AZURE_CLIENT_SECRET ? undefined : entra?.AZURE_CLIENT_CERTIFICATE_PATH;
  const named = [
    ['TLS_CERT_FILE', tls && tlsPair(tls), 'tls'],
    ['AZURE_CLIENT_CERTIFICATE_PATH', inUse, 'entra'],
  ] as const;
  return named.flatMap(([name, pem, use]) => {
    const flaw = pem ? periodFlaw(readKeyPair(pem(), use).certificate, now) : null;
    return flaw === null ? [] : [`${name}: ${flaw}.`];
  });
}

/** Says at the start which certificates are out of date. The relay starts all the same: Okta is suspended without Entra's certificate, too. */
export function logCertificates(settings: Certified, log: Log): void {
  for (const problem of certificatesOutOfDate(settings, Date.now())) log.error({ problem, alert: 'certificate_out_of_date' }, 'a certificate is not valid now');
}

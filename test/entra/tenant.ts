import type { EntraOptions } from '../../src/entra/client.js';
import { contractsDirectory, graphContract } from '../sandbox/contract.js';
import { startEntra, type EntraDouble } from '../sandbox/entra/server.js';

const contract = graphContract();
if (contract === undefined) console.warn(`no Graph contract in ${contractsDirectory}: requests are not checked against it`);

/** A sandbox tenant that is held to Graph's contract, and the options of a client for it. */
export async function startTenant(settings: { forbidProxyAddresses?: boolean } = {}): Promise<{ entra: EntraDouble; options: EntraOptions }> {
  const entra = await startEntra({ ...settings, contract });
  const { url, tenantId, clientId, clientSecret } = entra;
  const options: EntraOptions = {
    tenantId,
    clientId,
    credential: { kind: 'secret', secret: () => clientSecret },
    authorityHost: url,
    graphBaseUrl: url,
    timeoutMs: 2_000,
  };
  return { entra, options };
}

/** Closes the tenant; throws for requests that broke Graph's contract. */
export async function closeTenant(entra: EntraDouble): Promise<void> {
  await entra.close();
  if (entra.violations().length > 0) throw new Error(entra.violations().join('\n'));
}

/** The body of a Graph error. */
export function graphError(code: string): string {
  return JSON.stringify({ error: { code, message: 'about jane@contoso.com', innerError: null } });
}

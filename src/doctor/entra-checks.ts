import { createEntraProbe, type EntraProbe } from '../entra/probe.js';
import type { EntraOptions } from '../entra/client.js';
import { UpstreamFailure } from '../failure.js';
import { clockOf, type Clock } from './clocks.js';
import { check, checkFirst, failing, skipped, type Check, type CheckId, type Finding } from './report.js';

type EntraSubject = { options: EntraOptions; deadlineMs: number; now: () => number };

export const entraCheckIds = ['entra_token', 'entra_sessions', 'entra_mail', 'entra_proxy_addresses'] as const satisfies CheckId[];

/** Whether Entra ID lets the relay sign users out and find them. Changes nothing: the sign-out is tried on a random object id. */
export async function examineEntra({ options, deadlineMs, now }: EntraSubject): Promise<{ checks: Check[]; clocks: Clock[] }> {
  const clocks: Clock[] = [];
  const onAnswer: EntraOptions['onAnswer'] = (_operation, { headers }) => {
    const clock = clockOf('Graph', headers, now());
    if (clocks.length === 0 && clock !== null) clocks.push(clock);
  };
  const probes: EntraProbe[] = [];
  const token = await checkFirst('entra_token', deadlineMs, async () => {
    const probe = createEntraProbe({ ...options, onAnswer });
    const finding = await examineToken(probe, now);
    probes.push(probe);
    return finding;
  });
  const [probe] = probes;
  if (probe === undefined || token.status !== 'ok') return { checks: [token, ...skipped(entraCheckIds.slice(1), 'no token')], clocks };
  const tried = await Promise.all([
    check('entra_sessions', deadlineMs, () => examineRevoking(probe)),
    check('entra_mail', deadlineMs, () => examineLookUp(() => probe.tryMailLookUp(), byMail)),
    check('entra_proxy_addresses', deadlineMs, () => examineLookUp(() => probe.tryProxyAddressLookUp(), byProxyAddress)),
  ]);
  return { checks: [token, ...tried], clocks };
}

async function examineToken(probe: EntraProbe, now: () => number): Promise<Finding> {
  try {
    const expiresAt = await probe.exchangeToken();
    return { status: 'ok', measured: `Bearer token for ${Math.round((expiresAt - now()) / 60_000)} min` };
  } catch (error) {
    const advice = error instanceof UpstreamFailure ? tokenAdvice.get(error.details.code ?? '') : undefined;
    return { ...failing(error), ...(advice !== undefined && { advice }) };
  }
}

/** learn.microsoft.com, "Microsoft Entra authentication and authorization error codes". */
const tokenAdvice = new Map([
  ['AADSTS7000215', 'AZURE_CLIENT_SECRET is not the secret of the app: its value is wanted, not its id.'],
  ['AADSTS7000222', 'The client secret has expired: make a new one (App registrations > the app > Certificates & secrets).'],
  ['AADSTS700016', 'The tenant has no app AZURE_CLIENT_ID: check it, and AZURE_TENANT_ID.'],
  ['AADSTS90002', 'There is no tenant AZURE_TENANT_ID.'],
  ['AADSTS700027', 'The app does not know the certificate: upload it (App registrations > the app > Certificates & secrets).'],
]);

async function examineRevoking(probe: EntraProbe): Promise<Finding> {
  try {
    await probe.tryRevokingNobody();
    return { status: 'ok', measured: 'allowed (answered 404 for a random id)' };
  } catch (error) {
    return { ...failing(error), ...(isDenied(error) && { advice: 'Grant the app the application permission User.RevokeSessions.All of Microsoft Graph, with admin consent.' }) };
  }
}

const byMail = 'Users are found by user principal name only: one whose Okta login is another address is not signed out of Entra ID. Grant User.ReadBasic.All.';
const byProxyAddress = 'Users are not found by their other addresses. Grant User.Read.All where UEM or Okta has such addresses.';

async function examineLookUp(lookUp: () => Promise<void>, advice: string): Promise<Finding> {
  try {
    await lookUp();
    return { status: 'ok', measured: 'allowed' };
  } catch (error) {
    return isDenied(error) ? { ...failing(error), status: 'warn', advice } : failing(error);
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof UpstreamFailure && error.details.kind === 'permission';
}

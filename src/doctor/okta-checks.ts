import { UpstreamFailure } from '../failure.js';
import type { OktaOptions } from '../okta/client.js';
import { bucketOf, rateLimitOf } from '../okta/rate-limit.js';
import { createOktaProbe, type OktaProbe, type ProbedOperation } from '../okta/probe.js';
import { clockOf, type Clock } from './clocks.js';
import { judgeCoverage } from './coverage.js';
import { judgeRateLimits, type AnnouncedLimits } from './rate-limits.js';
import { check, checkFirst, failing, skipped, type Check, type CheckId, type Finding } from './report.js';

/** `share`: the part of the app's rate limits that the relay spends. */
type OktaSubject = { options: OktaOptions; share: number; pages: number; deadlineMs: number; now: () => number };

const rightsIds = ['okta_suspend', 'okta_unsuspend', 'okta_users', 'okta_sessions'] as const satisfies CheckId[];
const withToken = ['okta_identifiers', ...rightsIds, 'okta_log', 'okta_rate_limit'] as const satisfies CheckId[];
export const oktaCheckIds = ['okta_answers', 'okta_token', ...withToken] as const satisfies CheckId[];

/** What each operation needs, by Okta's guides on scopes and on custom admin roles. */
const rights: Record<(typeof rightsIds)[number], { operation: ProbedOperation; scope: string; role: string }> = {
  okta_suspend: { operation: 'suspendDevice', scope: 'okta.devices.manage', role: 'okta.devices.lifecycle.suspend' },
  okta_unsuspend: { operation: 'unsuspendDevice', scope: 'okta.devices.manage', role: 'okta.devices.lifecycle.unsuspend' },
  okta_users: { operation: 'getUser', scope: 'okta.users.read', role: 'okta.users.read' },
  okta_sessions: { operation: 'revokeUserSessions', scope: 'okta.users.manage', role: 'okta.users.lifecycle.clearSessions' },
};

/** Whether Okta lets the relay do its work, and how much of it. Changes nothing: what would act is tried on ids that cannot exist. */
export async function examineOkta({ options, share, pages, deadlineMs, now }: OktaSubject): Promise<{ checks: Check[]; clocks: Clock[] }> {
  const clocks: Clock[] = [];
  const limits: AnnouncedLimits = {};
  const probe = createOktaProbe({
    ...options,
    onAnswer: (operation, { headers }) => {
      const clock = clockOf('Okta', headers, now());
      if (clocks.length === 0 && clock !== null) clocks.push(clock);
      const limit = rateLimitOf(headers)?.limit;
      if (limit !== undefined) limits[bucketOf(operation)] = limit;
    },
  });
  const answers = await checkFirst('okta_answers', deadlineMs, () => reach(options, probe));
  if (answers.status !== 'ok') return { checks: [answers, ...skipped(oktaCheckIds.slice(1), 'Okta does not answer')], clocks };
  const token = await checkFirst('okta_token', deadlineMs, () => examineToken(probe));
  if (token.status !== 'ok') return { checks: [answers, token, ...skipped(withToken, 'no token')], clocks };
  const tried = await Promise.all([
    check('okta_identifiers', deadlineMs * pages, async () => await examineIdentifiers(probe, pages)),
    ...rightsIds.map((id) => check(id, deadlineMs, () => examineRight(probe, id))),
    check('okta_log', deadlineMs, () => examineLog(probe)),
  ]);
  return { checks: [answers, token, ...tried, await check('okta_rate_limit', deadlineMs, async () => judgeRateLimits(limits, share))], clocks };
}

async function reach({ orgUrl }: OktaOptions, probe: OktaProbe): Promise<Finding> {
  const { origin, hostname } = new URL(orgUrl);
  if (/-admin\./.test(hostname)) return { status: 'fail', measured: `${origin} is the Admin Console's address`, advice: 'Leave -admin out of OKTA_CLIENT_ORGURL.' };
  await probe.reach();
  return { status: 'ok', measured: origin };
}

async function examineToken(probe: OktaProbe): Promise<Finding> {
  try {
    const token = await probe.exchangeToken();
    if (token === null) return await examineApiToken(probe);
    const { scheme, lifetimeMs } = token;
    const measured = `${scheme} token for ${Math.round(lifetimeMs / 60_000)} min${scheme === 'Bearer' ? ' (the org does not bind it to a key with DPoP)' : ', bound to a key of this process'}`;
    return { status: 'ok', measured };
  } catch (error) {
    const code = error instanceof UpstreamFailure ? error.details.code : undefined;
    const finding = failing(error);
    if (code === 'invalid_scope') return { ...finding, measured: `${finding.measured}: not granted: ${(await probe.missingScopes()).join(', ')}`, advice: 'Grant these to the app: Applications > the app > Okta API Scopes.' };
    const advice = tokenAdvice.get(code ?? '') ?? finding.advice;
    return { ...finding, ...(advice !== undefined && { advice }) };
  }
}

/** It is accepted where any call is answered other than with a 401. */
async function examineApiToken(probe: OktaProbe): Promise<Finding> {
  const accepted: Finding = { status: 'ok', measured: 'an API token, with all rights of its administrator' };
  return await probe.tryOnNobody('getUser').then(() => accepted, (error: unknown) => {
    if (error instanceof UpstreamFailure && error.details.kind === 'permission') return accepted;
    throw error;
  });
}

const tokenAdvice = new Map([
  ['invalid_client', 'Okta does not know the app by this key: compare OKTA_CLIENT_CLIENTID and OKTA_CLIENT_KEYID with the app\'s page, and the public key there with OKTA_CLIENT_PRIVATEKEY.'],
  ['invalid_private_key', 'OKTA_CLIENT_PRIVATEKEY is no usable RSA or EC key: see relay config check.'],
  ['E0000011', 'The API token is not valid (any more): make a new one, or use a service app with a key.'],
]);

async function examineIdentifiers(probe: OktaProbe, pages: number): Promise<Finding> {
  const right = { operation: 'listDevices', scope: 'okta.devices.read', role: 'okta.devices.read' };
  return await probe.listDevices(pages).then(judgeCoverage, (error: unknown) => denied(error, right));
}

async function examineRight(probe: OktaProbe, id: (typeof rightsIds)[number]): Promise<Finding> {
  const { operation } = rights[id];
  const allowed: Finding = { status: 'ok', measured: 'allowed (answered 404 for an id that cannot exist)' };
  return await probe.tryOnNobody(operation).then(() => allowed, (error: unknown) => denied(error, rights[id]));
}

/** The relay does without; Okta's overview of standard administrator roles names the least one that sees the log. */
async function examineLog(probe: OktaProbe): Promise<Finding> {
  if (await probe.readsLog()) return { status: 'ok', measured: 'allowed' };
  return {
    status: 'warn',
    measured: 'refused: every device is looked up before it is suspended, and relay adopt cannot tell who suspended what',
    advice: 'Grant the app the scope okta.logs.read and the standard role Report administrator; then restart the workers.',
  };
}

function denied(error: unknown, { scope, role }: { scope: string; role: string }): Finding {
  const finding = failing(error);
  if (!(error instanceof UpstreamFailure) || error.details.kind !== 'permission') return finding;
  return { ...finding, advice: `Grant the app the scope ${scope} and an admin role with the permission ${role}.` };
}

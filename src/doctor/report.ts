import { z } from 'zod';
import { UpstreamFailure } from '../failure.js';

/** Every check, in the order of the report. */
const titles = {
  configuration: 'configuration',
  redis_answers: 'Redis answers',
  redis_role: 'Redis takes writes (role)',
  redis_version: 'Redis version',
  redis_aof: 'Redis keeps what it took (AOF)',
  redis_eviction: 'Redis evicts nothing',
  uem_events: 'events from UEM',
  uem_devices: 'UEM REST API: searchDevices',
  okta_answers: 'Okta answers',
  okta_token: 'Okta token',
  okta_identifiers: 'identifiers of Okta\'s devices',
  okta_suspend: 'Okta: suspendDevice',
  okta_unsuspend: 'Okta: unsuspendDevice',
  okta_users: 'Okta: getUser',
  okta_sessions: 'Okta: revokeUserSessions',
  okta_log: 'Okta: listLogEvents',
  okta_rate_limit: 'Okta rate limits, and our share',
  entra_token: 'Entra ID token',
  entra_sessions: 'Graph: revokeSignInSessions',
  entra_mail: 'Graph: users by mail',
  entra_proxy_addresses: 'Graph: users by proxy address',
  clocks: 'clocks agree',
} as const;

export type CheckId = keyof typeof titles;

const findingSchema = z.object({
  status: z.enum(['ok', 'warn', 'fail', 'skipped']),
  measured: z.string(),
  /** What to do about it. */
  advice: z.string().optional(),
  /** The figures in `measured`, by name, for programs. */
  values: z.record(z.string(), z.number()).optional(),
});

const checkSchema = findingSchema.extend({ id: z.string(), title: z.string() });

/** What `relay doctor --json` prints. Checks keep their ids; new ones may be added. */
export const reportSchema = z.object({ verdict: z.enum(['GO', 'NO-GO']), checks: z.array(checkSchema) });

export type Finding = z.infer<typeof findingSchema>;
export type Check = z.infer<typeof checkSchema>;
export type Report = z.infer<typeof reportSchema>;

/** GO unless a check failed; warnings do not count. */
export function reportOf(checks: Check[]): Report {
  return { verdict: checks.some(({ status }) => status === 'fail') ? 'NO-GO' : 'GO', checks };
}

/** Carries one check out. It never throws, and fails when there is no finding within `deadlineMs` milliseconds. */
export async function check(id: CheckId, deadlineMs: number, examine: () => Promise<Finding>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<Finding>((resolve) => {
    const late: Finding = { status: 'fail', measured: `no answer within ${deadlineMs / 1000} s`, advice: adviceOnSilence };
    timer = setTimeout(() => resolve(late), deadlineMs);
  });
  const finding = await Promise.race([examine().catch(failing), deadline]);
  clearTimeout(timer);
  return { id, title: titles[id], ...finding };
}

/** The same for a check that others build on: what keeps it from being ok is a failure, because nothing is known about the others. */
export async function checkFirst(id: CheckId, deadlineMs: number, examine: () => Promise<Finding>): Promise<Check> {
  const found = await check(id, deadlineMs, examine);
  return found.status === 'ok' ? found : { ...found, status: 'fail' };
}

/** Checks that cannot be carried out, and why. */
export function skipped(ids: readonly CheckId[], measured: string): Check[] {
  return ids.map((id) => ({ id, title: titles[id], status: 'skipped', measured }));
}

const adviceOnSilence = 'Check the address, and that firewalls and proxies let this host through; then run the doctor again.';

/** What a check that threw has found; messages of failures are composed of names and codes only. */
export function failing(error: unknown): Finding {
  if (!(error instanceof UpstreamFailure)) return { status: 'fail', measured: reasonOf(error) };
  const { kind, status } = error.details;
  if (kind === 'throttled') return { status: 'fail', measured: error.message, advice: 'The rate limit is used up just now, so it is not known whether this works: run the doctor again in a minute.' };
  if (kind === 'garbage' || (kind === 'transient' && status === 404)) return { status: 'fail', measured: error.message, advice: 'Something else answers there: check the address, and proxies in between.' };
  if (kind === 'transient') return { status: 'fail', measured: error.message, advice: adviceOnSilence };
  return { status: 'fail', measured: error.message };
}

const thrown = z.object({ message: z.string(), code: z.string().optional() });

/** A connection that was refused on several addresses has a code and no message. */
function reasonOf(error: unknown): string {
  const { message, code } = thrown.safeParse(error).data ?? {};
  return message || code || 'unknown';
}

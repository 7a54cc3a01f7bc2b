import type { OktaBucket } from '../okta/rate-limit.js';
import type { Finding } from './report.js';

/** What Okta's answers announced, by bucket: calls a minute that the app has. */
export type AnnouncedLimits = Partial<Record<OktaBucket, number>>;

const lowLimit = 100;

/** The app's live rate limits and the relay's share of each; a lock-out takes a search and a suspension of that on devices. */
export function judgeRateLimits({ other: _unused, ...limits }: AnnouncedLimits, share: number): Finding {
  const { devices } = limits;
  const shown = Object.entries(limits).map(([bucket, limit]) => `${bucket} ${limit} calls a minute, ${shareOf(limit, share)} of them ours`);
  const values = Object.fromEntries(Object.entries(limits).flatMap(([bucket, limit]) => [[bucket, limit], [`${bucket}Share`, shareOf(limit, share)]]));
  if (devices === undefined) return { status: 'warn', measured: [...shown, 'devices: not said in Okta\'s answers'].join('; '), values };
  const capacity = `about ${Math.floor(shareOf(devices, share) / 2)} lock-outs a minute without an index`;
  const measured = `${shown.join('; ')} (share ${Number(share.toFixed(2))}) = ${capacity}`;
  const all = { callsPerMinute: devices, ...values };
  if (devices >= lowLimit) return { status: 'ok', measured, values: all };
  return { status: 'warn', measured, advice: 'Raise the app\'s limit: Applications > the app > Application rate limits.', values: all };
}

/** As the workers' budget reckons it. */
function shareOf(limit: number, share: number): number {
  return Math.max(1, Math.floor(limit * share));
}

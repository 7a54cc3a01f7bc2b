import type { Finding } from './report.js';

/** How far a system's clock is ahead of this host's, milliseconds; negative when it is behind. */
export type Clock = { name: string; aheadMs: number };

const warnMs = 30_000;
const failMs = 5 * 60_000;

/** Judges how far the clocks of this host and of the systems that it talks to lie apart. HTTP's `Date` is precise to a second. */
export function judgeClocks(clocks: Clock[]): Finding {
  if (clocks.length === 0) return { status: 'skipped', measured: 'no other clock was seen' };
  const offsets = [0, ...clocks.map(({ aheadMs }) => aheadMs)];
  const apartMs = Math.max(...offsets) - Math.min(...offsets);
  const status = apartMs > failMs ? 'fail' : apartMs > warnMs ? 'warn' : 'ok';
  const shown = clocks.map(({ name, aheadMs }) => `${name} ${aheadMs < 0 ? '-' : '+'}${(Math.abs(aheadMs) / 1000).toFixed(1)} s`);
  return {
    status,
    measured: `against this host: ${shown.join(', ')}`,
    ...(status !== 'ok' && { advice: 'Run NTP (chrony, systemd-timesyncd) on this host and on the Redis host: signed requests are refused, and newest facts are told by time.' }),
    values: { apartMs },
  };
}

/** The clock that the `Date` of an answer shows; null where there is none. `nowMs` is when the answer came. */
export function clockOf(name: string, headers: Headers, nowMs: number): Clock | null {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? null : { name, aheadMs: date - nowMs };
}

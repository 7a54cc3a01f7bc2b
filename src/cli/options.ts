import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';

const minutes = { m: 1, h: 60, d: 1_440 } as const;

/** `30m`, `4h` or `2d` in minutes. Throws `InvalidArgumentError`. */
export function durationMinutes(text: string): number {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text.trim()) ?? [];
  if (count === undefined || Number(count) === 0) throw new InvalidArgumentError('Give a time such as 30m, 4h or 2d.');
  return Number(count) * (unit === 'd' ? minutes.d : unit === 'h' ? minutes.h : minutes.m);
}

const momentText = z.iso.datetime({ offset: true });

/**
 * A moment in milliseconds since 1970: so long ago (`2h`), or a date and time with its zone (`2026-03-04T01:02:03Z`,
 * `2026-03-04T02:02:03+01:00`). Nothing else is guessed at. Throws `InvalidArgumentError`.
 */
export function momentBefore(nowMs: number): (text: string) => number {
  return (text) => {
    const given = text.trim();
    const at = /^\d+[mhd]$/.test(given) ? nowMs - durationMinutes(given) * 60_000 : Date.parse(momentText.safeParse(given).data ?? '');
    if (at >= 0) return at;
    throw new InvalidArgumentError('Give how long ago (30m, 4h, 2d), or a date and time with its zone (2026-03-04T01:02:03Z, 2026-03-04T02:02:03+01:00).');
  };
}

/** A path cannot hold what is empty or only dots, and no device is called that. */
export function deviceName(device: string): string {
  if (/^\.*$/.test(device.trim())) throw new InvalidArgumentError('Give a key, a UDID, a serial number or an e-mail address.');
  return device.trim();
}

/** Up to a thousand of something. Throws `InvalidArgumentError`. */
export function countUpTo1000(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1_000) return count;
  throw new InvalidArgumentError('Give a number from 1 to 1000.');
}

/** The id of an app or of a user in Okta. Throws `InvalidArgumentError`. */
export function clientId(text: string): string {
  if (/^\w{8,100}$/.test(text.trim())) return text.trim();
  throw new InvalidArgumentError('Give the id of the app (0oa...) or of the user (00u...) as the System Log names the actor.');
}

export const jsonOption = () => new Option('--json', 'the answer as JSON, for programs');

/** Everything that changes something is written to the audit, with why. */
export const reasonOption = () => new Option('--reason <text>', 'why, for the audit').makeOptionMandatory().argParser(reasonText);

/** What is not empty. Throws `InvalidArgumentError`. */
export function reasonText(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Say why, for whoever reads the audit.');
  return text.trim();
}

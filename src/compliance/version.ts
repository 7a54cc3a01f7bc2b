/**
 * When something was said, as text that sorts: 10 digits of seconds since 1970 and 7 digits of fraction (100 ns, the precision of
 * UEM's EventTime). Ticks exceed 2^53, so versions are compared as strings, never as numbers.
 */
export type Version = string;

/** The version of a moment in milliseconds since 1970; `fraction` (up to 7 digits) replaces the milliseconds where given. */
export function versionOf(epochMs: number, fraction?: string): Version {
  const seconds = Math.floor(epochMs / 1000);
  const digits = fraction ?? String(epochMs - seconds * 1000).padStart(3, '0');
  return String(seconds).padStart(10, '0') + digits.slice(0, 7).padEnd(7, '0');
}

/** Milliseconds since 1970 of a version, truncated. */
export function epochMsOf(version: Version): number {
  return Number(version.slice(0, 13));
}

/** The next version that there can be: what must win an exact tie. */
export function tickAfter(version: Version): Version {
  return String(BigInt(version) + 1n).padStart(17, '0');
}

/** The version of the moment 100 ns earlier. */
export function justBefore(version: Version): Version {
  return String(BigInt(version) - 1n).padStart(version.length, '0');
}

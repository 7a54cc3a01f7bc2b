const firstMs = 1_000;
const longestMs = 300_000;

/** Milliseconds until the next attempt: doubling from one second, at most five minutes, of which up to half is left to `chance` (0–1). */
export function backOff(attemptsMade: number, chance: number): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(attemptsMade - 1, 30));
  return Math.round(full * (0.5 + chance / 2));
}

import type { StatusAnswer } from './answers.js';
import { devices } from './many.js';
import { moment, span } from './terminal.js';

/** A line for each safeguard that is tripped. */
export function renderSafeguard(safeguard: NonNullable<StatusAnswer['safeguard']>, nowMs: number): string[] {
  return Object.entries(safeguard).flatMap(([kind, tripped]) => {
    if (tripped === null) return [];
    const { since, devices: counted, limit } = tripped;
    return [`The safeguard (${kind}) is tripped for ${span(nowMs - since)}, since ${moment(since)}: ${devices(counted)} for a limit of ${limit}. Until \`relay held reset --reason WHY\` every further one is held.`];
  });
}

import { versionOf, type Version } from '../compliance/version.js';

const iso = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const microsoftDate = /^\\?\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\\?\/$/;

/**
 * The version of a UEM time, or null where it says nothing: missing, unreadable, or the year 1 that UEM sends for "never".
 * Servers send ISO 8601 with 1 to 7 fractional digits, with or without `Z` (then it is UTC), those of 2013–14 `/Date(ms)/`.
 */
export function readUemTime(text: string | null): Version | null {
  if (text === null) return null;
  const ms = microsoftDate.exec(text)?.[1];
  if (ms !== undefined) return plausible(Number(ms), undefined);
  const parts = iso.exec(text.trim());
  if (parts === null) return null;
  const [, date, time, fraction, zone] = parts;
  return plausible(Date.parse(`${date}T${time}${isoZone(zone)}`), fraction?.padEnd(7, '0') ?? '0000000');
}

function isoZone(zone: string | undefined): string {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 'Z';
  return zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
}

function plausible(epochMs: number, fraction: string | undefined): Version | null {
  return Number.isFinite(epochMs) && epochMs > 0 && epochMs < 1e13 ? versionOf(epochMs, fraction) : null;
}

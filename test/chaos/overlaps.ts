import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import type { OktaDouble } from '../sandbox/okta/server.js';

/** Watches Okta for two requests about one device in flight at a time; returns what it has seen so far, in words. */
export function watchOverlaps(okta: OktaDouble, devices: readonly CompanyDevice[]): { changes: () => number; overlaps: () => string[] } {
  const named = devices.map(({ okta: { id, profile } }) => ({ id, names: [id, profile.udid, profile.serialNumber].filter((name) => name !== undefined) }));
  const inFlight = new Map<string, string>();
  const seen: string[] = [];
  let changes = 0;
  // Hears of every request when it comes and when it is answered, and never has enough.
  void okta.onRequest(({ operation, path, method, status }) => {
    const text = decodeURIComponent(path.replaceAll('+', ' '));
    const about = named.find(({ names }) => names.some((name) => text.includes(name)));
    if (about === undefined || operation === null) return false;
    if (status !== null) {
      inFlight.delete(about.id);
      return false;
    }
    const other = inFlight.get(about.id);
    if (other !== undefined) seen.push(`${about.id}: ${operation} while ${other}`);
    if (method === 'POST') changes += 1;
    inFlight.set(about.id, operation);
    return false;
  });
  return { changes: () => changes, overlaps: () => [...seen] };
}

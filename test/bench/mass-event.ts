import { setTimeout as delay } from 'node:timers/promises';
import { webhookCredentials } from '../scenarios/environment.js';
import type { RecordedRequest } from '../sandbox/http-double.js';
import { compromisedBody, sendWebhook } from '../sandbox/uem.js';
import { deviceNumber, isCompromised, type Wave } from './device.js';
import { sendLoad } from './send-load.js';
import type { Stage } from './stage.js';

type MassEvent = {
  /** The receiver. */
  url: string;
  /** Device number `first` and those after it fall out of compliance: all at once but for the `late` last ones. */
  first: number;
  devices: number;
  /** Of those at once, every how-manyeth is compromised. */
  compromisedEvery?: number;
  /** They are compromised one by one while the others are being suspended. */
  late?: number;
  /** How long the suspensions must take by the arithmetic of the limit, in seconds. */
  floorSeconds: number;
};

/** What became of a mass event. Devices that were not suspended in time are missing. */
export type Course = {
  devices: number;
  /** Seconds from the first webhook to the suspension of each device, the first suspension first. */
  suspendedAfter: number[];
  /** Seconds from its webhook to the suspension of each compromised device; NaN: it was not suspended in time. */
  compromisedAfter: number[];
  /** What was asked of Okta's API between the first webhook and the last suspension. */
  calls: RecordedRequest[];
  /** That time, in milliseconds since the epoch. */
  from: number;
  until: number;
};

/** Lets devices fall out of compliance at once, and waits until each is suspended, for twice as long as that must take and two minutes. */
export async function massEvent(stage: Stage, { url, first, devices, compromisedEvery, late = 0, floorSeconds }: MassEvent): Promise<Course> {
  const { okta, plan } = stage;
  const ids = stage.oktaIds.slice(first, first + devices);
  const amount = devices - late;
  const suspendedAt = new Map<string, number>();
  const all = allSuspended(stage, new Set(ids), suspendedAt);
  const wave: Wave = { firstDevice: first, complianceStatus: 'NonCompliant', firstEventAt: Date.now() - 60_000, compromisedEvery };
  const { sentAt } = await sendLoad({ url, connections: Math.min(plan.connections, amount), amount, patienceMs: plan.patienceMs, wave });
  const from = Math.min(...sentAt);
  sentAt.push(...(await sendOneByOne(url, { first: first + amount, count: late, gapMs: (800 * floorSeconds) / late })));
  await Promise.race([all, delay(from + 2000 * floorSeconds + 120_000 - Date.now(), null, { ref: false })]);
  const until = Math.max(...suspendedAt.values());
  const compromised = ids.map((_, index) => index).filter((index) => index >= amount || isCompromised(wave, index));
  const seconds = (index: number) => ((suspendedAt.get(ids[index] ?? '') ?? Number.NaN) - (sentAt[index] ?? Number.NaN)) / 1000;
  return {
    devices,
    suspendedAfter: [...suspendedAt.values()].toSorted((a, b) => a - b).map((at) => (at - from) / 1000),
    compromisedAfter: compromised.map(seconds),
    calls: okta.requests.filter(({ at, path }) => at >= from && at <= until && path.startsWith('/api/')),
    from,
    until,
  };
}

/** Notes when each suspension that Okta accepted arrived; resolves once every device has one. */
async function allSuspended({ okta }: Stage, ids: Set<string>, suspendedAt: Map<string, number>): Promise<void> {
  await okta.onRequest(({ operation, status, path, at }) => {
    const id = path.split('/')[4] ?? '';
    if (operation === 'suspendDevice' && status === 204 && ids.has(id) && !suspendedAt.has(id)) suspendedAt.set(id, at);
    return suspendedAt.size === ids.size;
  });
}

/** Returns when each was sent, in milliseconds since the epoch. */
async function sendOneByOne(url: string, { first, count, gapMs }: { first: number; count: number; gapMs: number }): Promise<number[]> {
  const sentAt: number[] = [];
  for (let n = first; n < first + count; n += 1) {
    await delay(gapMs);
    sentAt.push(Date.now());
    await sendWebhook(url, compromisedBody({ ...deviceNumber(n), complianceStatus: 'NonCompliant' }), webhookCredentials);
  }
  return sentAt;
}

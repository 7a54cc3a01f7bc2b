import { setTimeout as delay } from 'node:timers/promises';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import type { RelayAnswer } from '../sandbox/uem.js';
import { watchOverlaps } from './overlaps.js';
import { keyOf, type Relay } from './relay.js';

/** What is killed with `kill -9`. */
export const victims = ['worker', 'receiver', 'redis'] as const;
type Victim = (typeof victims)[number];

/** For how long devices flap, how often something is killed, and what: by turns. */
type Torture = { lastsMs: number; killEveryMs: number; workers: number; victims: readonly Victim[] };

/** What was done, and what should never be: `overlaps` of two requests for one device, and devices that ended in a `wrong` state. */
export type Damage = { events: number; unanswered: number; kills: Record<Victim, number>; changes: number; overlaps: string[]; wrong: string[] };

/**
 * Lets every device flap while processes are killed and calls fail; then says one last thing of each, waits until the relay has nothing
 * left to do, and compares Okta with what was said last.
 */
export async function torture(relay: Relay, { lastsMs, killEveryMs, ...plan }: Torture): Promise<Damage> {
  const { okta, company } = relay;
  const place = await relay.startReceiver();
  for (let started = 0; started < plan.workers; started += 1) await relay.startWorkers();
  for (const operation of ['suspendDevice', 'unsuspendDevice', 'listDevices', 'revokeUserSessions']) {
    okta.order({ operation, fault: { kind: 'status', status: 503 }, times: 15 });
    okta.order({ operation, fault: { kind: 'delay', ms: 60 } });
  }
  const watched = watchOverlaps(okta, company.devices);
  const end = Date.now() + lastsMs;
  const [{ events, unanswered }, kills] = await Promise.all([flap(relay, place, end), killAll(relay, place, { end, killEveryMs, victims: plan.victims })]);
  const last = await sayLast(relay, place);
  await relay.allEnforced();
  const wrong = company.devices.filter((device) => okta.device(device.okta.id).status !== last.get(device)).map(keyOf);
  return { events: events + last.size, unanswered, kills, changes: watched.changes(), overlaps: watched.overlaps(), wrong };
}

type Place = Awaited<ReturnType<Relay['startReceiver']>>;

const words = { NonCompliant: 'SUSPENDED', Compliant: 'ACTIVE' } as const;
const anyWord = () => (Math.random() < 0.5 ? 'NonCompliant' : 'Compliant');

/** Sends events of the devices in turns until `end`. What was not taken may yet have an effect: what counts is said at last. */
async function flap(relay: Relay, place: Place, end: number): Promise<{ events: number; unanswered: number }> {
  const { devices } = relay.company;
  const count = { events: 0, unanswered: 0 };
  for (let turn = 0; Date.now() < end; turn += 1) {
    const device = devices[(turn * 7) % devices.length];
    if (device !== undefined && (await isTaken(relay.send(place.url, device.event({ complianceStatus: anyWord() }))))) count.events += 1;
    else count.unanswered += 1;
    await delay(5);
  }
  return count;
}

/** One more event of each device, until it is taken; returns what Okta must show in the end. */
async function sayLast(relay: Relay, place: Place): Promise<Map<CompanyDevice, string>> {
  const last = new Map<CompanyDevice, string>();
  for (const device of relay.company.devices) {
    const word = anyWord();
    while (!(await isTaken(relay.send(place.url, device.event({ complianceStatus: word }))))) await delay(50);
    last.set(device, words[word]);
  }
  return last;
}

async function isTaken(answer: Promise<RelayAnswer>): Promise<boolean> {
  return await answer.then(({ status }) => status === 200, () => false);
}

type Killing = { end: number; killEveryMs: number; victims: readonly Victim[] };

/** Until `end`, one after the other is killed, and what was killed is started anew. */
async function killAll(relay: Relay, place: Place, { end, killEveryMs, victims: chosen }: Killing): Promise<Record<Victim, number>> {
  const kills = { worker: 0, receiver: 0, redis: 0 };
  for (let turn = 0; ; turn += 1) {
    await delay(killEveryMs);
    const victim = chosen[turn % chosen.length];
    if (Date.now() > end || victim === undefined) return kills;
    await killers[victim](relay, place);
    kills[victim] += 1;
  }
}

const killers: Record<Victim, (relay: Relay, place: Place) => Promise<unknown>> = {
  worker: async ({ workers, startWorkers }) => {
    await startWorkers();
    await workers.shift()?.end('SIGKILL');
  },
  receiver: async ({ startReceiver }, place) => {
    await place.receiver.end('SIGKILL');
    Object.assign(place, await startReceiver());
  },
  redis: async ({ redis }) => {
    await redis.kill9();
    await redis.restart();
  },
};

import type { Redis } from 'ioredis';
import { keyOfRecord, type DeviceKey } from '../src/compliance/device.js';
import { isOurs } from '../src/compliance/ledger.js';
import type { Policy } from '../src/compliance/policy.js';
import type { StatusChange } from '../src/compliance/proof.js';
import type { DeviceRecord } from '../src/compliance/record.js';
import { judge } from '../src/compliance/verdict.js';
import type { Answered } from '../src/http-call.js';
import type { OktaClient } from '../src/okta/client.js';
import type { EnforcementQueue } from '../src/queue/enforcement-queue.js';
import { readWithLedger, type DeviceState } from '../src/store/device.js';
import type { EnforcementStore } from '../src/store/enforcement.js';
import type { Prefix } from '../src/store/keys.js';
import { newestChanges } from './status-changes.js';

/** What became of a suspended record; each has a line in docs/runbook.md. */
export const adoptionWords = ['adopted', 'already_ours', 'suspended_by_others', 'without_identifier'] as const;
export type AdoptionWord = (typeof adoptionWords)[number];

export type Adopting = {
  redis: Redis;
  prefix: Prefix;
  store: EnforcementStore;
  queue: EnforcementQueue;
  okta: Pick<OktaClient, 'listDevicesPage' | 'listLogEvents'>;
  policy: Policy;
  now: () => number;
  /** Makes one call when the budget allows it. */
  ask: <T extends object>(question: { upstream: 'okta'; operation: string; target: string }, send: () => Promise<Answered<T>>) => Promise<T>;
  /** Told of each record, as it is dealt with. */
  onRecord: (word: AdoptionWord, record: { key: DeviceKey | null; recordId: string }) => void;
};

/** So many records fit into one filter of the System Log. */
const idsPerQuery = 20;

/**
 * Takes over what `actor` (a client or user id of Okta) has suspended: of every record that is suspended now, the System Log says who did it
 * last. What is adopted counts as suspended by us, and is let in where its device is to be free. May be repeated; `dryRun` writes nothing.
 */
export async function adoptSuspensions(adopting: Adopting, { actor, dryRun }: { actor: string; dryRun: boolean }): Promise<void> {
  const { okta, ask } = adopting;
  let after: string | undefined;
  do {
    const page = await ask({ upstream: 'okta', operation: 'listDevices', target: 'suspended devices' }, () => okta.listDevicesPage(after, 'suspended'));
    const suspended = page.records.filter(({ status }) => status === 'suspended');
    for (let start = 0; start < suspended.length; start += idsPerQuery) await adoptSome(adopting, suspended.slice(start, start + idsPerQuery), { actor, dryRun });
    after = page.next;
  } while (after !== undefined);
}

async function adoptSome(adopting: Adopting, records: DeviceRecord[], { actor, dryRun }: { actor: string; dryRun: boolean }): Promise<void> {
  const { okta, ask, now, onRecord } = adopting;
  const question = { upstream: 'okta', operation: 'listLogEvents', target: `${records.length} devices` } as const;
  const changes = await newestChanges((query) => ask(question, () => okta.listLogEvents(query)), records.map(({ id }) => id), now());
  for (const { id, ...record } of records) {
    const key = keyOfRecord({ id, ...record });
    const newest = changes.get(id);
    const isTheirs = newest?.what === 'suspended' && newest.actor === actor;
    const word = key === null ? 'without_identifier' : isTheirs ? await adopt(adopting, { key, id, newest, dryRun }) : 'suspended_by_others';
    onRecord(word, { key, recordId: id });
  }
}

type Found = { key: DeviceKey; id: string; newest: StatusChange; dryRun: boolean };

async function adopt({ redis, prefix, store, queue, policy, now }: Adopting, { key, id, newest, dryRun }: Found): Promise<AdoptionWord> {
  const { state, ledger } = await readWithLedger(redis, prefix, key);
  if (isOurs(ledger[id]) && ledger[id]?.unproven !== true) return 'already_ours';
  if (dryRun) return 'adopted';
  await store.saveLedgerEntry(key, id, { state: 'ours', at: newest.at, statusSeen: 'active', requestId: null });
  if (state !== null && isToBeFree(state, policy, now())) {
    await store.planAgain(key, now(), { recheck: true, why: 'sweep' });
    await queue.add(key, 'sweep');
  }
  return 'adopted';
}

function isToBeFree(state: DeviceState, policy: Policy, nowMs: number): boolean {
  return judge(state.facts, policy, { subject: state, nowMs, permitted: false }).posture === 'free';
}

import { afterEach, expect } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { createOktaClient } from '../../src/okta/client.js';
import { FleetIndex } from '../../src/store/fleet-index.js';
import { oktaOptions } from '../../src/upstream-options.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startClock, type Clock } from './clock.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario, type ScenarioOptions } from './relay.js';

export const anHour = 3_600_000;

/** What the tests of one file work with, anew for each test. */
export let relay: Scenario;
export let clock: Clock;
export let index: FleetIndex;

afterEach(async () => {
  await clock.stop();
  await relay.stop();
});

/** A relay that knows who it is in the System Log, and a fleet index as a sweep an hour ago has filled it. */
export async function start(options: ScenarioOptions = {}): Promise<void> {
  relay = await startScenario(options);
  clock = startClock(relay);
  index = new FleetIndex(relay.client, '{relay}');
  await relay.logged('System Log can');
  await sweep();
}

export async function sweep(ageMs = anHour): Promise<void> {
  const okta = createOktaClient(oktaOptions(readConfig(['okta'], relay.environment).okta, 5_000));
  const { value } = await okta.listDevicesPage();
  await index.learnListed(value.records, { id: 'sweep', seenAt: Date.now() - ageMs });
}

export const ada = () => relay.company.person('ada.lovelace@example.com');
export const alan = () => relay.company.person('alan.turing@example.com');
export const status = (id: string) => relay.okta.device(id).status;
export const signOuts = ({ okta }: ReturnType<typeof ada>) => relay.okta.revocations(okta.id).length;
export const entryOf = async (device: CompanyDevice, id = device.okta.id) => (await relay.state(keyOf(device))).ledger[id];
export const newestRun = async (device: CompanyDevice) => (await relay.runs(keyOf(device)))[0];
export const operations = async (device: CompanyDevice) => (await newestRun(device))?.steps.map(({ operation }) => operation);
export const logCalls = () => relay.okta.calls('listLogEvents').length;

export async function say(device: CompanyDevice, complianceStatus: string): Promise<void> {
  await relay.send(device.event({ complianceStatus }));
  await relay.settled(keyOf(device));
}

/** Has the directory read again as one, five and fifteen minutes later; resolves when that is done. */
export async function verify(device: CompanyDevice): Promise<void> {
  const key = keyOf(device);
  const { generation } = await relay.state(key);
  const jobs = await clock.recheckNow(key);
  expect(jobs).toBeGreaterThan(0);
  await relay.until(key, 'is looked at again', (state) => state.generation >= generation + jobs && state.enforced === state.generation);
}

/** What the index says of a device from now on, from an hour ago: `id` is that of the record that it says it is. */
export async function poison(device: CompanyDevice, id: string, fields: Partial<{ users: { id: string; login: string; email: string }[] }> = {}): Promise<void> {
  const known = (await index.recall([keyOf(device)])).get(keyOf(device))?.records ?? [];
  await index.forget([keyOf(device)]);
  await index.learnListed(known.map((record) => ({ ...record, id, ...fields })), { id: 'poison', seenAt: Date.now() - anHour });
}

/** As if what we did to the device had been done that long ago. */
export async function age(device: CompanyDevice, ms: number): Promise<void> {
  const ledger = `{relay}:ledger:${keyOf(device)}`;
  for (const [id, text] of Object.entries(await relay.client.hgetall(ledger))) {
    const entry = JSON.parse(text);
    await relay.client.hset(ledger, id, JSON.stringify({ ...entry, at: entry.at - ms }));
  }
}

/** A second Okta record of the same device, as re-enrolling makes it. */
export function enrolAgain({ okta: { profile } }: CompanyDevice, users: string[]) {
  return relay.okta.addDevice({ ...profile, users });
}

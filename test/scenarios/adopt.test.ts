import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { builtInPolicy } from '../../src/compliance/policy.js';
import { createOktaClient } from '../../src/okta/client.js';
import { EnforcementQueue } from '../../src/queue/enforcement-queue.js';
import { EnforcementStore } from '../../src/store/enforcement.js';
import { oktaOptions } from '../../src/upstream-options.js';
import { adoptSuspensions } from '../../workers/adopt.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { administrator } from '../sandbox/okta/authorization.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

/** Who ran the flow that the relay replaces. */
const flow = administrator.id;
let relay: Scenario;
let queue: EnforcementQueue;

beforeEach(async () => {
  relay = await startScenario();
  queue = new EnforcementQueue(relay.client, '{relay}', (error) => {
    throw error;
  });
});

afterEach(async () => {
  await queue.close();
  await relay.stop();
});

async function adopt(actor: string, { dryRun = false } = {}): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  await adoptSuspensions(
    {
      redis: relay.client,
      prefix: '{relay}',
      store: new EnforcementStore(relay.client, '{relay}'),
      queue,
      okta: createOktaClient(oktaOptions(readConfig(['okta'], relay.environment).okta, 5_000)),
      policy: builtInPolicy,
      now: Date.now,
      ask: async (_question, send) => (await send()).value,
      onRecord: (word, { recordId }) => void (found[word] ??= []).push(recordId),
    },
    { actor, dryRun },
  );
  return found;
}

const ada = () => relay.company.person('ada.lovelace@example.com').devices;
const status = ({ okta }: CompanyDevice) => relay.okta.device(okta.id).status;
const ledger = (device: CompanyDevice) => relay.client.hgetall(`{relay}:ledger:${keyOf(device)}`);

async function say(device: CompanyDevice, complianceStatus: string): Promise<void> {
  await relay.send(device.event({ complianceStatus }));
  await relay.settled(keyOf(device));
}

describe('adopting what the flow before us has suspended', () => {
  test('has a device let in by the next event that says that it complies, also one that no event has told us of', async () => {
    const { mac, iphone } = ada();
    for (const { okta } of [mac, iphone]) relay.okta.setDeviceStatus(okta.id, 'SUSPENDED');
    expect(await adopt(flow)).toEqual({ adopted: expect.arrayContaining([mac.okta.id, iphone.okta.id]) });
    for (const device of [mac, iphone]) await say(device, 'Compliant');
    expect([status(mac), status(iphone)]).toEqual(['ACTIVE', 'ACTIVE']);
  });

  test('lets a device in at once of which we know that it complies', async () => {
    const { mac } = ada();
    await say(mac, 'Compliant');
    relay.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED');
    await adopt(flow);
    const { because } = await relay.until(keyOf(mac), 'is let in', () => status(mac) === 'ACTIVE');
    expect(because).toMatchObject({ why: 'sweep' });
  });

  test('leaves alone what others have suspended, and what cannot be found by UEM\'s identifiers', async () => {
    const { mac } = ada();
    relay.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED');
    const bare = relay.okta.addDevice({ platform: 'ANDROID', status: 'SUSPENDED' });
    expect(await adopt('0oaSomebodyElse00001')).toEqual({ suspended_by_others: [mac.okta.id], without_identifier: [bare.id] });
    await say(mac, 'Compliant');
    expect(status(mac)).toBe('SUSPENDED');
  });

  test('counts who did it last: a device that was let in since, and suspended by an administrator, is theirs', async () => {
    const { mac } = ada();
    await say(mac, 'NonCompliant');
    await say(mac, 'Compliant');
    relay.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED');
    expect(await adopt(relay.environment['OKTA_CLIENT_CLIENTID'] ?? '')).toEqual({ suspended_by_others: [mac.okta.id] });
  });

  test('writes nothing in a dry run, and nothing twice', async () => {
    const { mac } = ada();
    relay.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED');
    expect(await adopt(flow, { dryRun: true })).toEqual({ adopted: [mac.okta.id] });
    expect(await ledger(mac)).toEqual({});
    await adopt(flow);
    const before = await ledger(mac);
    expect(await adopt(flow)).toEqual({ already_ours: [mac.okta.id] });
    expect(await ledger(mac)).toEqual(before);
  });
});

describe('a ledger that was lost with Redis', () => {
  test('is found again in the System Log: what we had suspended is let in by us', async () => {
    const { mac } = ada();
    await say(mac, 'NonCompliant');
    await relay.client.del(`{relay}:ledger:${keyOf(mac)}`, `{relay}:device:${keyOf(mac)}`, '{relay}:locked');
    expect(await adopt(relay.environment['OKTA_CLIENT_CLIENTID'] ?? '')).toEqual({ adopted: [mac.okta.id] });
    expect(await relay.client.zscore('{relay}:locked', keyOf(mac))).not.toBeNull();
    await say(mac, 'Compliant');
    expect(status(mac)).toBe('ACTIVE');
  });
});

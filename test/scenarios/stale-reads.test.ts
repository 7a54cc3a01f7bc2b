import { afterEach, describe, expect, test } from '@jest/globals';
import { startClock } from './clock.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

describe.each(['idempotent', 'E0000001'] as const)('reads that still show the status before a change (%s)', (wrongState) => {
  let relay: Scenario;

  afterEach(async () => {
    await relay.stop();
  });

  async function start() {
    relay = await startScenario({ okta: { staleReads: 3, wrongState } });
    const device = relay.company.person('ada.lovelace@example.com').devices.mac;
    const key = keyOf(device);
    return {
      say: async (complianceStatus: string) => {
        await relay.send(device.event({ complianceStatus }));
        await relay.settled(key);
      },
      status: () => relay.okta.device(device.okta.id).status,
      entry: async () => (await relay.state(key)).ledger[device.okta.id],
      loseAnswer: (operation: string) => relay.okta.order({ fault: { kind: 'reset_after' }, operation, times: 1 }),
    };
  }

  test('do not leave a device locked that complies again at once', async () => {
    const { say, status } = await start();
    await say('NonCompliant');
    await say('Compliant');
    expect(status()).toBe('ACTIVE');
  });

  test('do not leave a device exposed that stops complying at once, nor lose that the lock is ours', async () => {
    const { say, status, entry } = await start();
    await say('NonCompliant');
    await say('Compliant');
    await say('NonCompliant');
    expect(status()).toBe('SUSPENDED');
    expect(await entry()).toMatchObject({ state: 'ours', statusSeen: 'active' });
    await say('Compliant');
    expect(status()).toBe('ACTIVE');
  });

  test('do not hide a suspension whose answer was lost', async () => {
    const { say, status, loseAnswer } = await start();
    loseAnswer('suspendDevice');
    await say('NonCompliant');
    expect(status()).toBe('SUSPENDED');
    await say('Compliant');
    expect(status()).toBe('ACTIVE');
  });

  test('do not hide an unsuspension whose answer was lost', async () => {
    const { say, status, loseAnswer } = await start();
    await say('NonCompliant');
    loseAnswer('unsuspendDevice');
    await relay.send(relay.company.person('ada.lovelace@example.com').devices.mac.event({ complianceStatus: 'Compliant' }));
    await relay.okta.onRequest(({ operation }) => operation === 'unsuspendDevice');
    await say('NonCompliant');
    expect(status()).toBe('SUSPENDED');
    await say('Compliant');
    expect(status()).toBe('ACTIVE');
  });
});

describe('a search index that lags behind for long', () => {
  let relay: Scenario;

  afterEach(async () => {
    await relay.stop();
  });

  test('does not make the relay forget that a lock is its own', async () => {
    relay = await startScenario();
    const clock = startClock(relay);
    const { okta, event } = relay.company.person('ada.lovelace@example.com').devices.iphone;
    const key = keyOf(relay.company.person('ada.lovelace@example.com').devices.iphone);
    await relay.send(event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(key);
    const entry = (await relay.state(key)).ledger[okta.id];
    await relay.client.hset(`{relay}:ledger:${key}`, okta.id, JSON.stringify({ ...entry, at: Date.now() - 120_000 }));
    const body = JSON.stringify([{ id: okta.id, status: 'ACTIVE', profile: okta.profile }]);
    relay.okta.order({ fault: { kind: 'status', status: 200, body }, operation: 'listDevices' });
    const { generation } = await relay.state(key);
    const jobs = await clock.recheckNow(key);
    await relay.until(key, 'is looked at again', (state) => state.generation === generation + jobs && state.enforced === state.generation);
    expect((await relay.state(key)).containment?.letIn).toEqual([]);

    await relay.send(event({ complianceStatus: 'Compliant' }));
    await relay.settled(key);
    expect(relay.okta.device(okta.id).status).toBe('ACTIVE');
    await clock.stop();
  });
});

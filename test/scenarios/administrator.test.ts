import { afterEach, describe, expect, test } from '@jest/globals';
import { startClock } from './clock.js';
import { startDesk } from './desk.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario, type ScenarioOptions } from './relay.js';

describe('an administrator of Okta', () => {
  let relay: Scenario;

  afterEach(async () => {
    await relay.stop();
  });

  async function start(options?: ScenarioOptions) {
    relay = await startScenario(options);
    const person = relay.company.person('katherine.johnson@example.com');
    const device = person.devices.windows;
    const key = keyOf(device);
    return {
      person,
      key,
      status: () => relay.okta.device(device.okta.id).status,
      setStatus: (status: 'ACTIVE' | 'SUSPENDED') => relay.okta.setDeviceStatus(device.okta.id, status),
      say: async (complianceStatus: string) => {
        await relay.send(device.event({ complianceStatus }));
        return await relay.settled(key);
      },
      signOuts: () => relay.okta.revocations(person.okta.id).length,
    };
  }

  test('who has suspended a device keeps it suspended when it complies again', async () => {
    const { setStatus, say, status, key, signOuts } = await start();
    setStatus('SUSPENDED');
    await say('NonCompliant');
    expect(signOuts()).toBe(1);
    expect(relay.okta.calls('suspendDevice')).toHaveLength(0);
    await say('Compliant');
    expect(status()).toBe('SUSPENDED');
    expect((await relay.runs(key))[0]).toMatchObject({ outcome: 'not_ours' });
  });

  test('is overruled with UNSUSPEND=any', async () => {
    const { setStatus, say, status } = await start({ environment: { UNSUSPEND: 'any' } });
    setStatus('SUSPENDED');
    await say('NonCompliant');
    await say('Compliant');
    expect(status()).toBe('ACTIVE');
  });

  test('who lets a device in is not fought by snapshots and rechecks, only by a new transition', async () => {
    const { setStatus, say, status, key, signOuts } = await start();
    const clock = startClock(relay);
    await say('NonCompliant');
    // As if the suspension were long ago: a read by now shows the truth.
    await relay.client.hset(`{relay}:ledger:${key}`, ...aged(await relay.client.hgetall(`{relay}:ledger:${key}`)));
    setStatus('ACTIVE');
    await say('NonCompliant');
    const { generation } = await relay.state(key);
    expect(await clock.recheckNow(key)).toBe(3);
    await relay.until(key, 'has been looked at again', (state) => state.generation === generation + 3 && state.enforced === state.generation);
    await clock.stop();
    expect(status()).toBe('ACTIVE');
    expect(signOuts()).toBe(1);
    expect((await relay.state(key)).ledger).toEqual({});

    await say('Compliant');
    await say('NonCompliant');
    expect(status()).toBe('SUSPENDED');
    expect(signOuts()).toBe(2);
  });

  test('who lets a device in is overruled by on-call\'s lock, which is a new cause', async () => {
    const { setStatus, say, status, key } = await start();
    const desk = await startDesk(relay);
    await say('NonCompliant');
    await relay.client.hset(`{relay}:ledger:${key}`, ...aged(await relay.client.hgetall(`{relay}:ledger:${key}`)));
    setStatus('ACTIVE');
    await desk.order('POST', `devices/${encodeURIComponent(key)}/lock`, { forMinutes: 240, reason: 'still in the wrong hands' });
    await relay.settled(key);
    await desk.stop();
    expect(status()).toBe('SUSPENDED');
  });

  test('who lets a device in and suspends it again has it kept', async () => {
    const { setStatus, say, status, key } = await start();
    const clock = startClock(relay);
    await say('NonCompliant');
    await relay.client.hset(`{relay}:ledger:${key}`, ...aged(await relay.client.hgetall(`{relay}:ledger:${key}`)));
    setStatus('ACTIVE');
    const { generation } = await relay.state(key);
    await clock.recheckNow(key);
    await relay.until(key, 'has been looked at again', (state) => state.generation === generation + 3 && state.enforced === state.generation);
    await clock.stop();
    setStatus('SUSPENDED');
    await say('Compliant');
    expect(status()).toBe('SUSPENDED');
  });
});

describe('a repeated snapshot', () => {
  let relay: Scenario;

  afterEach(async () => {
    await relay.stop();
  });

  test('of a non-compliant device signs nobody out twice', async () => {
    relay = await startScenario();
    const person = relay.company.person('katherine.johnson@example.com');
    const device = person.devices.android;
    for (let i = 0; i < 4; i++) {
      await relay.send(device.event({ complianceStatus: 'NonCompliant', eventTime: new Date(Date.now() - 60_000 + i * 1_000) }));
      await relay.settled(keyOf(device));
    }
    expect(relay.okta.revocations(person.okta.id)).toHaveLength(1);
    expect(relay.entra.signInSessions(person.entra.id)).toHaveLength(1);
    expect(await relay.runs(keyOf(device))).toHaveLength(1);
  });
});

/** The ledger as it would be had it been written ten minutes ago. */
function aged(ledger: Record<string, string>): [string, string] {
  const [id, text] = Object.entries(ledger)[0] ?? [];
  if (id === undefined || text === undefined) throw new Error('the ledger is empty');
  return [id, JSON.stringify({ ...JSON.parse(text), at: Date.now() - 600_000 })];
}

import { afterEach, describe, expect, test } from '@jest/globals';
import { keyOf } from './device-key.js';
import { startSweepScenario, type SweepScenario } from './sweeps.js';

describe('a device of a sweep', () => {
  let relay: SweepScenario;

  afterEach(async () => {
    await relay.stop();
  });

  /** A company in which one device, the iPhone, is exposed. */
  async function start() {
    relay = await startSweepScenario();
    const { iphone, mac } = relay.company.person('ada.lovelace@example.com').devices;
    relay.silently(iphone, { complianceStatus: 'NonCompliant' });
    return { iphone, mac };
  }

  test('of which Redis holds something unreadable is reported and left alone, and the others are repaired', async () => {
    const { iphone, mac } = await start();
    const [newer, damaged] = [relay.company.person('alan.turing@example.com').devices.iphone, mac];
    for (const one of [newer, damaged]) relay.silently(one, { complianceStatus: 'NonCompliant' });
    await relay.client.hset(`{relay}:device:${keyOf(newer)}`, { v: '2' });
    await relay.client.hset(`{relay}:device:${keyOf(damaged)}`, { v: '1', [`r:compliance:${damaged.uem.deviceId}`]: 'rubbish' });
    const report = await relay.sweep();
    expect(report).toMatchObject({ ended: null, listed: { unreadable: [{ key: keyOf(newer), deviceId: String(newer.uem.deviceId) }] } });
    expect(report.counts).toEqual({ exposed: 2, facts_differ: 2, unreadable: 1 });
    expect(report.repairs).toEqual({ taken_in: 1, unreadable: 1 });
    await relay.eventually('the device is locked', async () => (relay.status(iphone) === 'SUSPENDED' ? true : null));
    expect([newer, damaged].map(relay.status)).toEqual(['ACTIVE', 'ACTIVE']);
  });

  test('whose state becomes unreadable before it is repaired is left alone', async () => {
    const { iphone } = await start();
    relay.uem.order({ operation: 'getDevice', fault: { kind: 'delay', ms: 300 }, times: 1 });
    const readAgain = relay.readsAgain();
    const swept = relay.sweep();
    await readAgain;
    await relay.client.hset(`{relay}:device:${keyOf(iphone)}`, { v: '2' });
    expect(await swept).toMatchObject({ ended: null, counts: { exposed: 1 }, repairs: { unreadable: 1 } });
    expect(relay.status(iphone)).toBe('ACTIVE');
  });

  test('that UEM will not tell of alone is left alone, and the others are repaired', async () => {
    const { iphone, mac } = await start();
    relay.silently(mac, { complianceStatus: 'NonCompliant' });
    relay.uem.order({ operation: 'getDevice', object: `devices/${mac.uem.deviceId}`, fault: { kind: 'status', status: 400, body: '{"errorCode":1000}' } });
    expect(await relay.sweep()).toMatchObject({ ended: null, counts: { exposed: 2 }, repairs: { taken_in: 1, unreadable: 1 } });
    await relay.eventually('the device is locked', async () => (relay.status(iphone) === 'SUSPENDED' ? true : null));
    expect(relay.status(mac)).toBe('ACTIVE');
  });
});

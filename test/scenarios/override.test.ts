import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startDesk, type OnCall } from './desk.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

/** Long enough to look at the device before it is over. */
const momentMinutes = 4 / 60;

describe('the word of on-call about a device', () => {
  let relay: Scenario;
  let desk: OnCall;
  let device: CompanyDevice;
  let key: string;

  beforeEach(async () => {
    relay = await startScenario();
    desk = await startDesk(relay);
    device = relay.company.person('katherine.johnson@example.com').devices.android;
    key = keyOf(device);
  });

  afterEach(async () => {
    await desk.stop();
    await relay.stop();
  });

  const status = () => relay.okta.device(device.okta.id).status;

  async function say(complianceStatus: 'Compliant' | 'NonCompliant') {
    await relay.send(device.event({ complianceStatus }));
    await relay.settled(key);
  }

  async function orders(word: 'lock' | 'unlock', forMinutes: number) {
    const answer = await desk.order('POST', `devices/${encodeURIComponent(device.uem.udid)}/${word}`, { forMinutes, reason: 'board meeting' });
    await relay.settled(key);
    return answer;
  }

  test('lets a device in although it does not comply, whatever UEM repeats, and says so', async () => {
    await say('NonCompliant');
    expect(status()).toBe('SUSPENDED');
    const before = Date.now();
    expect(await orders('unlock', 240)).toEqual({ status: 200, body: { key, state: 'unlocked', untilMs: expect.any(Number), mode: 'enforce' } });
    expect(status()).toBe('ACTIVE');
    await say('Compliant');
    await say('NonCompliant');
    expect(status()).toBe('ACTIVE');

    const { operator } = await relay.state(key);
    expect(operator).toMatchObject({ state: 'unlocked', by: 'grace@laptop', reason: 'board meeting' });
    expect(operator?.untilMs).toBeGreaterThanOrEqual(before + 240 * 60_000);
    expect((await desk.get('devices?state=wrongly_locked')).body).toEqual({ devices: [], unreadable: [], cut: false });
    expect((await desk.get('audit')).body).toMatchObject({ entries: [{ by: 'grace@laptop', what: 'device unlock for 240 min', target: key, reason: 'board meeting' }] });
  });

  test('that it is unlocked is over by itself: a device that does not comply is locked again', async () => {
    await say('NonCompliant');
    await orders('unlock', momentMinutes);
    expect(status()).toBe('ACTIVE');
    const { generation: unlocked } = await relay.state(key);
    await relay.untilRun(key, 'is locked again', ({ generation, outcome }) => generation > unlocked && outcome === 'done');
    expect(status()).toBe('SUSPENDED');
  });

  test('locks a device that complies, until that is over by itself', async () => {
    await say('Compliant');
    await orders('lock', momentMinutes);
    expect(status()).toBe('SUSPENDED');
    expect(relay.okta.sessions(relay.company.person('katherine.johnson@example.com').okta.id)).toBe(0);
    await say('Compliant');
    expect(status()).toBe('SUSPENDED');
    await relay.untilRun(key, 'is let in again', ({ posture, outcome }) => posture === 'free' && outcome === 'done');
    expect(status()).toBe('ACTIVE');
  });

  test('is not given about a device that nobody knows, nor about several at once', async () => {
    expect(await desk.order('POST', 'devices/nobody/lock', { forMinutes: 5 })).toMatchObject({ status: 404, body: { title: 'Unknown device' } });
    await say('Compliant');
    const { iphone } = relay.company.person('katherine.johnson@example.com').devices;
    await relay.send(iphone.event({ complianceStatus: 'Compliant' }));
    await relay.settled(keyOf(iphone));
    const answer = await desk.order('POST', 'devices/katherine.johnson@example.com/lock', { forMinutes: 5 });
    expect(answer).toMatchObject({ status: 409, body: { detail: expect.stringContaining(key) } });
    expect(relay.okta.calls('suspendDevice')).toEqual([]);
  });
});

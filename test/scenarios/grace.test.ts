import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startClock, type Clock } from './clock.js';
import { startDesk, type OnCall } from './desk.js';
import { keyOf } from './device-key.js';
import { startWithPolicy, type WithPolicy } from './policies.js';

const policyText = 'reactions: { noncompliant: { grace: 30m }, compromised: { suspend: false } }';
const graceMs = 30 * 60_000;

/** Out of compliance for as long as leaves a few seconds of the grace. */
const justBefore = () => new Date(Date.now() - graceMs + 6_000);

describe('the end of a grace', () => {
  let policy: WithPolicy;
  let clock: Clock;
  let desk: OnCall;
  let devices: Record<'mac' | 'iphone' | 'android' | 'windows', CompanyDevice>;

  beforeEach(async () => {
    policy = await startWithPolicy(policyText, { SAFEGUARD_MAX_DEVICES: '1' });
    clock = startClock(policy.relay);
    desk = await startDesk(policy.relay);
    devices = policy.relay.company.person('linus.torvalds@example.com').devices;
  });

  afterEach(async () => {
    await clock.stop();
    await desk.stop();
    await policy.stop();
  });

  const isLocked = (device: CompanyDevice) => policy.relay.untilRun(keyOf(device), 'is locked', ({ causes, outcome }) => causes.includes('noncompliant') && outcome === 'done');

  test('locks a device that another cause has only signed out, also when the workers were stopped meanwhile', async () => {
    const { mac } = devices;
    await policy.say(mac, { complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised', eventTime: justBefore() });
    expect((await policy.relay.runs(keyOf(mac)))[0]).toMatchObject({ causes: ['compromised'], outcome: 'done' });
    expect(policy.status(mac)).toBe('ACTIVE');
    await policy.halt();
    await policy.add(policyText);
    await isLocked(mac);
    expect(policy.status(mac)).toBe('SUSPENDED');
  });

  test('locks a device that is held for something else', async () => {
    const { iphone } = devices;
    const { held } = await policy.say(iphone, { complianceStatus: 'NonCompliant', compromisedStatus: 'perhaps', eventTime: justBefore() });
    expect(held).toMatchObject({ word: 'held_unknown_status' });
    await isLocked(iphone);
    expect(policy.status(iphone)).toBe('SUSPENDED');
  });

  test('does not take up what a human has left as it is, nor a device that complies again', async () => {
    const { iphone, android, windows } = devices;
    await policy.say(iphone, { complianceStatus: 'NonCompliant', compromisedStatus: 'perhaps' });
    await desk.order('POST', 'held/discard', { keys: [keyOf(iphone)] });
    await policy.say(android);
    await policy.say(android, { complianceStatus: 'Compliant' });
    await policy.say(windows);
    const { generation } = await policy.relay.state(keyOf(iphone));
    const { generation: last } = await policy.relay.state(keyOf(windows));
    for (const device of [iphone, android, windows]) expect(await clock.recheckNow(keyOf(device))).toBe(1);
    // One is taken up after the other: this was the last.
    await policy.relay.untilRun(keyOf(windows), 'is planned again', (run) => run.generation > last);
    expect(await policy.relay.state(keyOf(iphone))).toMatchObject({ generation, held: null });
    expect((await policy.relay.settled(keyOf(android))).failure).toBeNull();
    expect([iphone, android].map(policy.status)).toEqual(['ACTIVE', 'ACTIVE']);
  });

  test('does not release what the safeguard holds, though it would let it pass by now', async () => {
    const { mac, iphone, android, windows } = devices;
    const wipe = { eventId: 229, eventType: 'Device Enterprise Wipe Requested', enrollmentStatus: 'EnterpriseWipePending' };
    await policy.say(mac);
    for (const device of [iphone, android, mac]) await policy.say(device, wipe);
    expect((await policy.relay.state(keyOf(mac))).held).toMatchObject({ word: 'held_mass' });
    await desk.order('POST', 'held/reset');
    const { generation: last } = await policy.say(windows);
    for (const device of [mac, windows]) await clock.recheckNow(keyOf(device));
    await policy.relay.untilRun(keyOf(windows), 'is planned again', (run) => run.generation > last);
    expect(await policy.relay.settled(keyOf(mac))).toMatchObject({ held: { word: 'held_mass' } });
    expect(policy.status(mac)).toBe('ACTIVE');
  });
});

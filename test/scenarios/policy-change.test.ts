import { afterEach, describe, expect, test } from '@jest/globals';
import { parsePolicy } from '../../src/policy-file.js';
import { putInForce } from '../../src/store/policy.js';
import { startDesk, type OnCall } from './desk.js';
import { keyOf } from './device-key.js';
import { startWithPolicy, type WithPolicy } from './policies.js';

const exempts = (reason: string, user = 'linus.torvalds@example.com') => `exemptions: [{ user: ${user}, until: 2099-12-31, reason: ${reason}, ticket: INC-1 }]`;

describe('a change of policy', () => {
  let policy: WithPolicy;
  let desk: OnCall | undefined;

  afterEach(async () => {
    await desk?.stop();
    await policy.stop();
  });

  const person = () => policy.relay.company.person('linus.torvalds@example.com');
  const signOuts = () => ({ okta: policy.relay.okta.revocations(person().okta.id).length, entra: policy.relay.entra.signInSessions(person().entra.id).length });

  test('frees every device that it is to free, although two of them cannot be read', async () => {
    policy = await startWithPolicy('');
    const { mac, iphone, windows, android } = person().devices;
    for (const device of [mac, iphone, windows, android]) await policy.say(device);
    await policy.relay.client.hset(`{relay}:device:${keyOf(mac)}`, 'containment', '{broken');
    await policy.relay.client.hset(`{relay}:device:${keyOf(windows)}`, 'v', '2');
    const generation = await policy.relay.client.hget(`{relay}:device:${keyOf(windows)}`, 'generation');
    expect(await policy.restart(exempts('a loaner', 'Linus.Torvalds'))).toContain('"affected":2,"unreadable":2');
    for (const device of [iphone, android]) {
      await policy.relay.untilRun(keyOf(device), 'is let in', ({ posture, outcome }) => posture === 'free' && outcome === 'done');
      expect(policy.status(device)).toBe('ACTIVE');
    }
    expect(await policy.relay.client.hget(`{relay}:device:${keyOf(windows)}`, 'generation')).toBe(generation);
  });

  test('is finished by the next worker where the one that put it in force died', async () => {
    policy = await startWithPolicy('');
    const { mac } = person().devices;
    await policy.say(mac);
    await policy.halt();
    await putInForce(policy.relay.client, '{relay}', { policy: parsePolicy(exempts('a loaner'), ''), worker: 'one that died', insists: true });
    await policy.add(exempts('a loaner'));
    expect(await policy.adopted()).toContain('"affected":1');
    await policy.relay.settled(keyOf(mac));
    expect(policy.status(mac)).toBe('ACTIVE');
  });

  test('holds for the workers that were started before it, and a worker with an earlier file does not undo it', async () => {
    policy = await startWithPolicy('');
    const { mac, iphone, windows } = person().devices;
    const later = await policy.add(exempts('a loaner'));
    await policy.adopted();
    const earlier = await policy.add('');
    await policy.relay.logged('policy_superseded');
    await policy.say(mac);
    expect(policy.status(mac)).toBe('ACTIVE');
    await earlier.stop();
    await later.stop();
    await policy.say(iphone);
    expect(policy.status(iphone)).toBe('ACTIVE');
    // Now no worker has the later file any longer: the earlier one is meant.
    expect(await policy.restart('')).toContain('"affected":2');
    await policy.relay.settled(keyOf(mac));
    await policy.say(windows);
    expect([policy.status(mac), policy.status(windows)]).toEqual(['SUSPENDED', 'SUSPENDED']);
  });

  test('that asks for more than signing out locks the devices that were only signed out', async () => {
    policy = await startWithPolicy('reactions: { noncompliant: { suspend: false, revokeEntra: false } }');
    const { mac } = person().devices;
    await policy.say(mac);
    expect({ status: policy.status(mac), ...signOuts() }).toEqual({ status: 'ACTIVE', okta: 1, entra: 0 });
    await policy.restart('');
    await policy.relay.settled(keyOf(mac));
    expect({ status: policy.status(mac), ...signOuts() }).toEqual({ status: 'SUSPENDED', okta: 2, entra: 1 });
  });

  test('for devices without a record signs out the users of those that have none', async () => {
    policy = await startWithPolicy('withoutRecord: nothing');
    const { mac, iphone } = person().devices;
    policy.relay.okta.deleteDevice(mac.okta.id);
    await policy.say(mac);
    await policy.say(iphone);
    const before = signOuts();
    expect(await policy.restart('withoutRecord: sign_out')).toContain('"affected":1');
    await policy.relay.settled(keyOf(mac));
    expect(signOuts()).toEqual({ okta: before.okta + 1, entra: before.entra + 1 });
  });

  test('is not needed where a device passes from an exempted person to another: it is locked with the event that says so', async () => {
    policy = await startWithPolicy(exempts('a loaner'));
    const { mac } = person().devices;
    await policy.say(mac);
    expect(policy.status(mac)).toBe('ACTIVE');
    await policy.relay.send({ ...mac.event({ complianceStatus: 'NonCompliant' }), EnrollmentEmailAddress: 'ada.lovelace@example.com' });
    await policy.relay.untilRun(keyOf(mac), 'is locked', ({ outcome }) => outcome === 'done');
    expect(policy.status(mac)).toBe('SUSPENDED');
  });

  test('does not take up what a human has left as it is, unless it asks for something else of it', async () => {
    policy = await startWithPolicy('');
    desk = await startDesk(policy.relay);
    const { mac } = person().devices;
    await policy.say(mac);
    policy.relay.okta.setDeviceStatus(mac.okta.id, 'DEACTIVATED');
    await policy.restart(exempts('a loaner'));
    expect((await policy.relay.settled(keyOf(mac))).failure).toMatchObject({ cause: 'device_deactivated' });
    await desk.order('POST', 'failures/discard', { keys: [keyOf(mac)] });
    const { generation } = await policy.relay.state(keyOf(mac));
    expect(await policy.restart(exempts('a fair'))).toContain('"affected":0');
    expect(await policy.relay.state(keyOf(mac))).toMatchObject({ generation, failure: null });
    expect(await policy.restart('')).toContain('"affected":1');
  });
});

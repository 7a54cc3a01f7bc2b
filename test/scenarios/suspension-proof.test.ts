import { describe, expect, test } from '@jest/globals';
import { keyOf } from './device-key.js';
import { ada, age, clock, enrolAgain, entryOf, index, newestRun, relay, say, signOuts, start, status, verify } from './indexed-fleet.js';

describe.each(['idempotent', 'E0000001'] as const)('a device that an administrator had suspended before we did on the index\'s word (%s)', (wrongState) => {
  test('is never let in by us', async () => {
    await start({ okta: { wrongState } });
    const { mac } = ada().devices;
    relay.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED');
    await say(mac, 'NonCompliant');
    expect(await entryOf(mac)).toMatchObject({ state: 'ours', unproven: true });
    expect(signOuts(ada())).toBe(1);
    await age(mac, 120_000);
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('SUSPENDED');
    expect(await newestRun(mac)).toMatchObject({ outcome: 'not_ours', notes: [`record ${mac.okta.id} was suspended by somebody else before: so the System Log says`] });
    expect(await relay.client.zscore('{relay}:locked', keyOf(mac))).toBeNull();
  });

  test('is known to be theirs once it has been looked up', async () => {
    await start({ okta: { wrongState } });
    const { mac } = ada().devices;
    relay.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED');
    await say(mac, 'NonCompliant');
    await age(mac, 120_000);
    await verify(mac);
    expect(await entryOf(mac)).toMatchObject({ statusSeen: 'suspended', unproven: false });
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('SUSPENDED');
  });
});

test('a device that we suspended on the index\'s word and that somebody has deactivated since still counts as ours: its release says that it cannot be let in', async () => {
  await start();
  const { mac } = ada().devices;
  await say(mac, 'NonCompliant');
  relay.okta.setDeviceStatus(mac.okta.id, 'DEACTIVATED');
  await age(mac, 601_000);
  await verify(mac);
  await say(mac, 'Compliant');
  expect((await relay.state(keyOf(mac))).failure).toMatchObject({ cause: 'device_deactivated' });
});

describe.each(['idempotent', 'E0000001'] as const)('a suspension whose call was not answered (%s)', (wrongState) => {
  /** Ada's Mac, which has to be looked up, is to be locked; `lost` becomes of the call, and `then` happens before it is made again. */
  async function loseCall(lost: 'reset' | 'reset_after', then: (id: string) => void) {
    await start({ okta: { wrongState } });
    const { mac } = ada().devices;
    await index.forget([keyOf(mac)]);
    relay.okta.order({ fault: { kind: lost }, operation: 'suspendDevice', times: 1 });
    const sent = relay.okta.onRequest(({ operation }) => operation === 'suspendDevice');
    await relay.send(mac.event({ complianceStatus: 'NonCompliant' }));
    await sent;
    then(mac.okta.id);
    return mac;
  }

  test('is not taken for ours where an administrator suspended the device meanwhile', async () => {
    const mac = await loseCall('reset', (id) => relay.okta.setDeviceStatus(id, 'SUSPENDED'));
    await relay.settled(keyOf(mac));
    expect(await entryOf(mac)).toMatchObject({ state: 'ours', unproven: true });
    await age(mac, 120_000);
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('SUSPENDED');
    expect(await newestRun(mac)).toMatchObject({ outcome: 'not_ours' });
  });

  test('nor where it was never made again', async () => {
    const mac = await loseCall('reset', (id) => relay.okta.setDeviceStatus(id, 'SUSPENDED'));
    await relay.eventually('the lock-out backs off', () => clock.postpone(keyOf(mac)));
    await age(mac, 120_000);
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('SUSPENDED');
    expect(await newestRun(mac)).toMatchObject({ outcome: 'not_ours' });
  });

  test('is undone when the System Log shows that it was ours after all', async () => {
    const mac = await loseCall('reset_after', () => undefined);
    await relay.settled(keyOf(mac));
    expect(await entryOf(mac)).toMatchObject({ state: 'ours', unproven: true });
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('ACTIVE');
  });

  test('is taken back at once where it has not taken effect, without asking who made it', async () => {
    const mac = await loseCall('reset', () => undefined);
    await relay.eventually('the lock-out backs off', () => clock.postpone(keyOf(mac)));
    relay.okta.delayLog(true);
    await say(mac, 'Compliant');
    expect(await entryOf(mac)).toMatchObject({ state: 'released' });
  });
});

test('a suspension that Okta refuses because an administrator was faster is not taken for ours', async () => {
  await start({ okta: { wrongState: 'E0000001' } });
  const { mac } = ada().devices;
  await index.forget([keyOf(mac)]);
  const found = JSON.stringify([{ id: mac.okta.id, status: 'ACTIVE', profile: mac.okta.profile }]);
  relay.okta.order({ fault: { kind: 'status', status: 200, body: found }, operation: 'listDevices', times: 1 });
  relay.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED');
  await say(mac, 'NonCompliant');
  await age(mac, 120_000);
  await say(mac, 'Compliant');
  expect(status(mac.okta.id)).toBe('SUSPENDED');
});

describe('a System Log that lags behind', () => {
  test('delays the release until it shows our suspension', async () => {
    await start();
    const { mac } = ada().devices;
    relay.okta.delayLog(true);
    await say(mac, 'NonCompliant');
    await relay.send(mac.event({ complianceStatus: 'Compliant' }));
    const run = await relay.untilRun(keyOf(mac), 'waits for the log', ({ outcome }) => outcome === 'retry');
    expect(run).toMatchObject({ detail: expect.stringContaining('not_logged_yet'), notes: [`the System Log does not show yet who suspended record ${mac.okta.id}`] });
    expect(status(mac.okta.id)).toBe('SUSPENDED');
    relay.okta.delayLog(false);
    await relay.settled(keyOf(mac));
    expect(status(mac.okta.id)).toBe('ACTIVE');
  });

  test('for more than ten minutes makes the suspension count as somebody else\'s, which is reported', async () => {
    await start();
    const { mac } = ada().devices;
    relay.okta.delayLog(true);
    await say(mac, 'NonCompliant');
    await age(mac, 601_000);
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('SUSPENDED');
    expect(await newestRun(mac)).toMatchObject({ outcome: 'not_ours', notes: [expect.stringContaining('nothing of ours within 10 minutes')] });
  });

  test('or that cannot be asked does not keep a look-up from what it is for', async () => {
    await start();
    const { mac } = ada().devices;
    const again = enrolAgain(mac, [ada().okta.id]);
    await say(mac, 'NonCompliant');
    relay.okta.order({ fault: { kind: 'status', status: 503 }, operation: 'listLogEvents' });
    await verify(mac);
    expect(status(again.id)).toBe('SUSPENDED');
    expect(await entryOf(mac)).toMatchObject({ unproven: true });
    expect((await relay.runs(keyOf(mac))).flatMap(({ notes }) => notes)).toContainEqual(expect.stringContaining('who suspended the device will be asked again'));
  });
});

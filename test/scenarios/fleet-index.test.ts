import { describe, expect, test } from '@jest/globals';
import { allScopes } from '../sandbox/okta/token-endpoint.js';
import { keyOf } from './device-key.js';
import { createServiceApp } from './environment.js';
import { ada, anHour, clock, entryOf, index, logCalls, operations, relay, say, signOuts, start, status, sweep, verify } from './indexed-fleet.js';

describe('a device that the fleet index knows', () => {
  test('is suspended with one call, and looked up after one, five and fifteen minutes', async () => {
    await start();
    for (const device of Object.values(ada().devices)) {
      await say(device, 'NonCompliant');
      expect(await operations(device)).toEqual(['suspendDevice', 'revokeUserSessions', 'revokeSignInSessions']);
      expect(status(device.okta.id)).toBe('SUSPENDED');
      expect(await entryOf(device)).toMatchObject({ state: 'ours', unproven: true });
      expect(await clock.rechecks(keyOf(device))).toEqual([60_000, 300_000, 900_000]);
    }
  });

  test('is held whole by the safeguard like any other', async () => {
    await start({ environment: { SAFEGUARD_MAX_DEVICES: '2' } });
    const { devices } = relay.company;
    const before = relay.okta.requests.length;
    await Promise.all(devices.map((device) => say(device, 'NonCompliant')));
    const states = await Promise.all(devices.map((device) => relay.state(keyOf(device))));
    const held = states.filter((state) => state.held?.word === 'held_mass');
    expect(held).toHaveLength(devices.length - 2);
    expect(held.filter(({ ledger, containment }) => containment !== null || Object.keys(ledger).length > 0)).toEqual([]);
    expect((await Promise.all(held.map(({ key }) => relay.runs(key)))).flat().flatMap(({ steps }) => steps)).toEqual([]);
    expect(relay.okta.requests.slice(before).filter(({ operation }) => operation !== 'suspendDevice' && operation !== 'revokeUserSessions')).toEqual([]);
    expect([relay.okta.calls('suspendDevice'), relay.okta.calls('revokeUserSessions'), relay.entra.calls('revokeSignInSessions')].map(({ length }) => length)).toEqual([2, 2, 2]);
  });

  test('is tried again without a look-up when somebody could not be signed out', async () => {
    await start();
    const { mac } = ada().devices;
    relay.okta.order({ fault: { kind: 'status', status: 503 }, operation: 'revokeUserSessions', times: 1 });
    await say(mac, 'NonCompliant');
    expect(signOuts(ada())).toBe(1);
    expect(relay.okta.calls('listDevices')).toHaveLength(1);
    expect(relay.okta.calls('suspendDevice')).toHaveLength(1);
  });

  test('is let in again after one look at the System Log, and locked again without a look-up', async () => {
    await start();
    const { mac } = ada().devices;
    await say(mac, 'NonCompliant');
    const before = logCalls();
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('ACTIVE');
    expect(await operations(mac)).toEqual(['getDevice', 'listLogEvents', 'unsuspendDevice']);
    expect(logCalls() - before).toBe(1);
    await say(mac, 'NonCompliant');
    expect(await operations(mac)).toEqual(['suspendDevice', 'revokeUserSessions', 'revokeSignInSessions']);
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('ACTIVE');
  });

  test('is proven to be locked by us when it is looked up: its release asks nothing more', async () => {
    await start();
    const { mac } = ada().devices;
    await say(mac, 'NonCompliant');
    await verify(mac);
    expect(await entryOf(mac)).toMatchObject({ state: 'ours', unproven: false });
    const before = logCalls();
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('ACTIVE');
    expect(logCalls()).toBe(before);
  });

  test('is looked up first where the app may not read the System Log', async () => {
    const app = createServiceApp();
    const scopes = allScopes.filter((scope) => scope !== 'okta.logs.read');
    await start({ okta: { credentials: { ...app.known, scopes } }, environment: app.environment });
    const { mac } = ada().devices;
    await say(mac, 'NonCompliant');
    expect(await operations(mac)).toEqual(['listDevices', 'suspendDevice', 'revokeUserSessions', 'revokeSignInSessions']);
    expect((await entryOf(mac))?.unproven).toBeUndefined();
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('ACTIVE');
  });

  test('is taken at its word without the System Log for half a minute', async () => {
    const app = createServiceApp();
    const scopes = allScopes.filter((scope) => scope !== 'okta.logs.read');
    await start({ okta: { credentials: { ...app.known, scopes } }, environment: app.environment });
    const { mac } = ada().devices;
    await sweep(0);
    await say(mac, 'NonCompliant');
    expect(await operations(mac)).toEqual(['suspendDevice', 'revokeUserSessions', 'revokeSignInSessions']);
    expect(await entryOf(mac)).toMatchObject({ unproven: false });
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('ACTIVE');
  });

  test('is looked up first when nobody has seen it for more than a day', async () => {
    await start();
    const { mac } = ada().devices;
    await index.forget([keyOf(mac)]);
    await sweep(25 * anHour);
    await say(mac, 'NonCompliant');
    expect((await operations(mac))?.[0]).toBe('listDevices');
  });

  test('whose suspension got no answer is looked up, and proven to be ours at the next look', async () => {
    await start();
    const { mac } = ada().devices;
    relay.okta.order({ fault: { kind: 'reset_after' }, operation: 'suspendDevice', times: 1 });
    await say(mac, 'NonCompliant');
    expect(status(mac.okta.id)).toBe('SUSPENDED');
    expect(await entryOf(mac)).toMatchObject({ state: 'ours', unproven: true });
    await verify(mac);
    expect(await entryOf(mac)).toMatchObject({ state: 'ours', unproven: false });
    await say(mac, 'Compliant');
    expect(status(mac.okta.id)).toBe('ACTIVE');
  });
});

import { afterEach, describe, expect, test } from '@jest/globals';
import { BlockStore } from '../../src/store/blocks.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

describe('in the line for Okta\'s rate limit, to which whatever is less urgent yields,', () => {
  let relay: Scenario;

  afterEach(async () => {
    await relay.stop();
  });

  /** Okta answers one call more, and then none for so long that nobody's turn comes. */
  const startShort = async (environment: Record<string, string>) => {
    relay = await startScenario({ okta: { rateLimit: { devices: 10, windowMs: 50_000 } }, environment: { OKTA_RATE_SHARE: '1', ...environment } });
    relay.okta.spend('devices', 9);
  };
  const suspensionsWaiting = () => relay.client.zrange('{relay}:budget:devices:line:1', 0, '-1');
  const waits = (key: string) => relay.untilRun(key, 'waits', ({ outcome }) => outcome === 'waiting_budget');
  const devicesOf = (person: string) => {
    const { iphone, mac } = relay.company.person(person).devices;
    return { iphone, mac, keys: { iphone: keyOf(iphone), mac: keyOf(mac) } };
  };

  test('a device that the safeguard holds has no place', async () => {
    await startShort({ SAFEGUARD_MAX_DEVICES: '1' });
    const { iphone, mac, keys } = devicesOf('ada.lovelace@example.com');
    await relay.send(iphone.event({ complianceStatus: 'NonCompliant' }));
    await waits(keys.iphone);
    await relay.send(mac.event({ complianceStatus: 'NonCompliant' }));
    expect((await relay.settled(keys.mac)).held?.word).toBe('held_mass');
    expect(await suspensionsWaiting()).toEqual([keys.iphone]);
  });

  test('a device that turned compliant while its suspension waited has none any longer', async () => {
    await startShort({});
    const { iphone, keys } = devicesOf('ada.lovelace@example.com');
    await relay.send(iphone.event({ complianceStatus: 'NonCompliant', eventTime: new Date(Date.now() - 60_000) }));
    await waits(keys.iphone);
    expect(await suspensionsWaiting()).toEqual([keys.iphone]);
    await relay.send(iphone.event({ complianceStatus: 'Compliant' }));
    await relay.settled(keys.iphone);
    expect(await suspensionsWaiting()).toEqual([]);
  });

  test('a suspension that waits for a permission has none', async () => {
    await startShort({});
    const { iphone, keys } = devicesOf('ada.lovelace@example.com');
    const block = { scope: 'okta:suspendDevice', word: 'waiting_permission', detail: 'HTTP 403', since: Date.now(), until: null } as const;
    await new BlockStore(relay.client, '{relay}').block(block);
    await relay.send(iphone.event({ complianceStatus: 'NonCompliant' }));
    await relay.untilRun(keys.iphone, 'waits', ({ outcome }) => outcome === 'waiting_permission');
    expect(await suspensionsWaiting()).toEqual([]);
  });
});

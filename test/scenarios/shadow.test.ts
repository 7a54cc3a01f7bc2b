import { expect, test } from '@jest/globals';
import { shadowReport } from '../../src/console/shadow-report.js';
import { startClock } from './clock.js';
import { keyOf } from './device-key.js';
import { startScenario } from './relay.js';

test('Shadow mode changes nothing at Okta and Entra ID, records what would have been done, and keeps to its own keys', async () => {
  const relay = await startScenario({ environment: { MODE: 'shadow' } });
  const clock = startClock(relay, '{relay-shadow}');
  const person = relay.company.person('ada.lovelace@example.com');
  const device = person.devices.windows;
  const key = keyOf(device);
  await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
  await relay.settled(key);
  const [locked] = await relay.runs(key);
  expect(locked).toMatchObject({ outcome: 'shadow', posture: 'contain' });
  expect(locked?.steps.map(({ operation, status }) => `${operation} ${status}`)).toEqual([
    'listDevices 200',
    'suspendDevice 0',
    'revokeUserSessions 0',
    'revokeSignInSessions 0',
  ]);

  // As if a minute had passed: the record is still active at Okta, and nobody has let it in.
  const ledger = `{relay-shadow}:ledger:${key}`;
  const entry = JSON.parse((await relay.client.hget(ledger, device.okta.id)) ?? '');
  await relay.client.hset(ledger, device.okta.id, JSON.stringify({ ...entry, at: entry.at - 60_000 }));
  const { generation } = await relay.state(key);
  const jobs = await clock.recheckNow(key);
  await relay.until(key, 'is looked at again', (state) => state.generation === generation + jobs && state.enforced === state.generation);
  expect((await relay.runs(key))[0]).toMatchObject({ outcome: 'unchanged', notes: [] });

  await relay.send(device.event({ complianceStatus: 'Compliant' }));
  await relay.settled(key);
  const [released] = await relay.runs(key);
  expect(released).toMatchObject({ outcome: 'shadow', posture: 'free' });
  expect(released?.steps.at(-1)).toMatchObject({ operation: 'unsuspendDevice', status: 0 });

  expect(relay.okta.requests.filter(({ method, operation }) => method !== 'GET' && operation !== 'token')).toEqual([]);
  expect(relay.entra.requests).toEqual([]);
  expect(await relay.client.keys('{relay}*')).toEqual([]);
  await clock.stop();
  await relay.stop();
});

test('Shadow mode shows where today\'s flow agreed, what it missed and what it did late', async () => {
  const relay = await startScenario({ environment: { MODE: 'shadow' } });
  const clock = startClock(relay, '{relay-shadow}');
  const { iphone, windows } = relay.company.person('ada.lovelace@example.com').devices;
  for (const device of [iphone, windows]) {
    await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.settled(keyOf(device));
  }
  relay.okta.setDeviceStatus(iphone.okta.id, 'SUSPENDED'); // by the flow that the team has
  await Promise.all([clock.compareNow(keyOf(iphone)), clock.compareNow(keyOf(windows))]);
  const report = await relay.eventually('both are compared', async () => {
    const found = await shadowReport({ redis: relay.client, prefix: '{relay-shadow}' }, 0);
    return found.compared === 2 ? found : null;
  });
  expect(report).toMatchObject({ agreed: 1, late: [], missed: [{ key: keyOf(windows), wanted: 'suspended', seen: 'active' }] });
  await clock.stop();
  await relay.stop();
});

test('Shadow mode looks at what today\'s flow made of a device when its share of Okta\'s rate limit has room for that', async () => {
  const relay = await startScenario({ environment: { MODE: 'shadow' }, okta: { rateLimit: { devices: 10, windowMs: 6_000 } } });
  const clock = startClock(relay, '{relay-shadow}');
  const { windows } = relay.company.person('ada.lovelace@example.com').devices;
  relay.okta.spend('devices', 9);
  await relay.send(windows.event({ complianceStatus: 'NonCompliant' }));
  await relay.settled(keyOf(windows));
  await clock.compareNow(keyOf(windows));
  await relay.eventually('it waits for its turn', async () => ((await relay.client.zcard('{relay-shadow}:budget:devices:line:3')) === 1 ? true : null));
  expect(relay.okta.calls('getDevice')).toEqual([]);
  await relay.eventually('it is compared', async () => ((await shadowReport({ redis: relay.client, prefix: '{relay-shadow}' }, 0)).compared === 1 ? true : null));
  expect(relay.okta.requests.filter(({ status }) => status === 429)).toEqual([]);
  await clock.stop();
  await relay.stop();
});

import { expect, test } from '@jest/globals';
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

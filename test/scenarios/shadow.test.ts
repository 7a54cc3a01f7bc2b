import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { startClock } from './clock.js';
import { keyOf } from './device-key.js';
import { startScenario } from './relay.js';
import { startSweepScenario } from './sweeps.js';

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

test('Shadow mode changes nothing either by what on-call orders, by sweeps and replays, or where every suspension is to be undone', async () => {
  const relay = await startSweepScenario({ environment: { MODE: 'shadow', UNSUSPEND: 'any' } });
  const clock = startClock(relay, '{relay-shadow}');
  const { iphone, windows, mac, android } = relay.company.person('ada.lovelace@example.com').devices;
  const path = (device: typeof iphone) => `devices/${encodeURIComponent(keyOf(device))}`;
  relay.okta.setDeviceStatus(iphone.okta.id, 'SUSPENDED'); // by the flow that the team has
  for (const device of [iphone, windows]) await relay.send(device.event({ complianceStatus: 'Compliant' }));
  await relay.send(mac.event({ complianceStatus: 'NonCompliant', compromisedStatus: 'Compromised' }));
  for (const device of [iphone, windows, mac]) await relay.settled(keyOf(device));
  expect((await relay.runs(keyOf(iphone)))[0]?.steps.at(-1)).toMatchObject({ operation: 'unsuspendDevice', status: 0 });

  for (const [device, word] of [[windows, 'lock'], [mac, 'unlock']] as const) {
    expect((await relay.desk.order('POST', `${path(device)}/${word}`, { forMinutes: 5 })).body).toMatchObject({ mode: 'shadow' });
    await relay.settled(keyOf(device));
  }
  expect((await relay.desk.get(path(windows))).body).toMatchObject({ devices: [{ mode: 'shadow', standing: 'locked_by_us' }] });
  relay.silently(android, { complianceStatus: 'NonCompliant' });
  await relay.sweep();
  const fault = { kind: 'status', status: 400, body: '{}' } as const;
  relay.okta.order({ operation: 'listDevices', object: iphone.uem.udid, fault });
  await relay.send(iphone.event({ complianceStatus: 'NonCompliant' }));
  await relay.settled(keyOf(iphone));
  relay.okta.clearFaults();
  await relay.desk.order('POST', 'failures/replay', { keys: await relay.desk.failed() });
  for (const order of ['adopt', 'ledger/rebuild']) {
    const { id } = z.object({ id: z.string() }).parse((await relay.desk.order('POST', order, order === 'adopt' ? { actor: '0oaflow0000000000' } : {})).body);
    expect((await relay.reportOf(id)).ended?.word).toBe('shadow_mode');
  }
  await clock.upkeepNow();
  await relay.settled(keyOf(iphone));

  const changes = [relay.okta, relay.entra, relay.uem].flatMap(({ requests }) => requests).filter(({ method, operation }) => method !== 'GET' && operation !== 'token');
  expect(changes).toEqual([]);
  expect(await relay.client.keys('{relay}*')).toEqual([]);
  await clock.stop();
  await relay.stop();
});

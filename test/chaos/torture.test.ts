import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { watchOverlaps } from './overlaps.js';
import { keyOf, withRelay, type Relay } from './relay.js';

const stormMs = 8_000;
const killEveryMs = 2_500;
const words = ['NonCompliant', 'Compliant'];

test('Devices that flap while workers are killed and calls fail end as UEM says last, with never two runs for one device at a time.', async () => {
  await withRelay({ headcount: 10 }, async (relay) => {
    const { devices } = relay.company;
    const [{ url }] = await Promise.all([relay.startReceiver(), relay.startWorkers(), relay.startWorkers()]);
    for (const operation of ['suspendDevice', 'unsuspendDevice', 'listDevices', 'revokeUserSessions']) {
      relay.okta.order({ operation, fault: { kind: 'status', status: 503 }, times: 15 });
      relay.okta.order({ operation, fault: { kind: 'delay', ms: 60 } });
    }
    const { changes, overlaps } = watchOverlaps(relay.okta, devices);
    const end = Date.now() + stormMs;
    const [last] = await Promise.all([flap(relay, url, end), killWorkers(relay, end)]);
    await relay.allEnforced();
    const wrong = devices.filter((device) => relay.okta.device(device.okta.id).status !== last.get(device)).map(keyOf);
    expect(wrong).toEqual([]);
    expect(overlaps()).toEqual([]);
    expect(changes()).toBeGreaterThan(devices.length);
  });
});

/** Sends events of every device in turns until `end`; returns what Okta must show for the newest of each. */
async function flap(relay: Relay, url: string, end: number): Promise<Map<CompanyDevice, string>> {
  const last = new Map<CompanyDevice, string>();
  for (let turn = 0; Date.now() < end; turn += 1) {
    const { devices } = relay.company;
    const device = devices[(turn * 7) % devices.length]!;
    const complianceStatus = words[Math.floor(Math.random() * words.length)]!;
    const { status } = await relay.send(url, device.event({ complianceStatus }));
    expect(status).toBe(200);
    last.set(device, complianceStatus === 'Compliant' ? 'ACTIVE' : 'SUSPENDED');
    await delay(5);
  }
  return last;
}

/** Until `end`, a worker is killed every now and then, and another started in its place. */
async function killWorkers(relay: Relay, end: number): Promise<void> {
  for (;;) {
    await delay(killEveryMs);
    if (Date.now() > end) return;
    await relay.startWorkers();
    await relay.workers[0]!.end('SIGKILL');
    relay.workers.shift();
  }
}

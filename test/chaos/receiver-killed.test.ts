import { expect, test } from '@jest/globals';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { milestone, sendAll } from './load.js';
import { keyOf, withRelay } from './relay.js';

test('Whatever a receiver has answered with 200 before it is killed under load is enforced; the rest is sent again.', async () => {
  await withRelay({ headcount: 40 }, async (relay) => {
    const [{ receiver, url }] = await Promise.all([relay.startReceiver(), relay.startWorkers()]);
    const locks = (target: string) => (device: CompanyDevice) => relay.send(target, device.event({ complianceStatus: 'NonCompliant' }));
    const { devices } = relay.company;
    const some = milestone(60);
    const storm = sendAll(devices, locks(url), { onAnswer: (_status, { accepted }) => some.at(accepted.length) });
    await some.reached;
    await receiver.end('SIGKILL');
    const { accepted, refused } = await storm;
    expect(refused.length).toBeGreaterThan(0);
    await relay.allEnforced();
    const isLocked = (device: CompanyDevice) => relay.okta.device(device.okta.id).status === 'SUSPENDED';
    const unlocked = (all: CompanyDevice[]) => all.filter((device) => !isLocked(device)).map(keyOf);
    expect(unlocked(accepted)).toEqual([]);
    const known = await Promise.all(refused.map(async (device) => (await relay.client.exists(`{relay}:device:${keyOf(device)}`)) === 1));
    expect(refused.map(isLocked)).toEqual(known);

    const again = await relay.startReceiver();
    expect((await sendAll(refused, locks(again.url))).refused.map(keyOf)).toEqual([]);
    await relay.allEnforced();
    expect(unlocked(devices)).toEqual([]);
  });
});

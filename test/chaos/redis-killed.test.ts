import { expect, test } from '@jest/globals';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { milestone, sendAll } from './load.js';
import { keyOf, withRelay } from './relay.js';

test('Redis killed under load and started again on its data loses no accepted event; senders hear 503 meanwhile, then 200 again.', async () => {
  await withRelay({ headcount: 50 }, async (relay) => {
    const [{ receiver, url }] = await Promise.all([relay.startReceiver(), relay.startWorkers()]);
    const lock = (device: CompanyDevice) => relay.send(url, device.event({ complianceStatus: 'NonCompliant' }));
    const isLocked = (device: CompanyDevice) => relay.okta.device(device.okta.id).status === 'SUSPENDED';
    const unlocked = (all: CompanyDevice[]) => all.filter((device) => !isLocked(device)).map(keyOf);
    const { devices } = relay.company;
    const [some, outage] = [milestone(60), milestone(1)];
    const statuses = new Set<number | null>();
    const storm = sendAll(devices, lock, {
      onAnswer: (status, { accepted, refused }) => {
        statuses.add(status);
        some.at(accepted.length);
        outage.at(refused.length);
      },
    });
    await some.reached;
    const linesBefore = receiver.written();
    await relay.redis.kill9();
    await outage.reached;
    await relay.redis.restart();
    await receiver.line('Redis is there', linesBefore);
    const { accepted, refused } = await storm;
    expect(statuses).toEqual(new Set([200, 503]));
    await relay.upkeepFindsLeftBehind();
    await relay.allEnforced();
    expect(unlocked(accepted)).toEqual([]);
    const known = await Promise.all(refused.map(async (device) => (await relay.client.exists(`{relay}:device:${keyOf(device)}`)) === 1));
    expect(refused.map(isLocked)).toEqual(known);
    expect((await sendAll(refused, lock)).refused.map(keyOf)).toEqual([]);
    await relay.allEnforced();
    expect(unlocked(devices)).toEqual([]);
  });
});

import { expect, test } from '@jest/globals';
import { startClock } from './clock.js';
import { keyOf } from './device-key.js';
import { startScenario } from './relay.js';

test('An upstream that refuses the relay is probed by the next worker at once where the one that was about to do so is stopped.', async () => {
  const relay = await startScenario({ workers: false });
  const clock = startClock(relay);
  try {
    const workers = await relay.startWorkers();
    const { mac, iphone, windows } = relay.company.person('grace.hopper@example.com').devices;
    relay.okta.order({ fault: { kind: 'status', status: 403 }, operation: 'suspendDevice' });
    for (const device of [mac, iphone]) await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    await relay.logged('upstream_blocked');
    for (const device of [mac, iphone]) await relay.eventually('is not tried again for a minute', () => clock.postpone(keyOf(device)));

    relay.okta.clearFaults();
    await relay.client.del('{relay}:probe:okta:suspendDevice');
    relay.okta.order({ fault: { kind: 'delay', ms: 1_500 }, operation: 'listDevices', times: 1 });
    await relay.send(windows.event({ complianceStatus: 'NonCompliant' }));
    await relay.okta.onRequest(({ operation, path }) => operation === 'listDevices' && path.includes(windows.uem.serialNumber));
    await workers.stop();
    await relay.startWorkers();
    await relay.settled(keyOf(windows));
    expect(relay.okta.device(windows.okta.id).status).toBe('SUSPENDED');
  } finally {
    await clock.stop();
    await relay.stop();
  }
});

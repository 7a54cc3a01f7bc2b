import { expect, test } from '@jest/globals';
import { ingest } from '../../src/store/ingest.js';
import { readWebhook } from '../../src/uem/webhook.js';
import { expectLockedOut } from './locked-out.js';
import { withRelay } from './relay.js';

test('An event that was kept by a receiver that crashed before it had enqueued the device is found and enforced.', async () => {
  await withRelay({}, async (relay) => {
    const person = relay.company.people[0]!;
    const device = person.devices.windows;
    const reading = readWebhook(device.event({ complianceStatus: 'NonCompliant' }));
    if (reading.kind !== 'event') throw new Error('the event was not understood');
    await relay.startWorkers();
    await ingest(relay.client, { event: reading.event, kept: reading.fields }, { prefix: '{relay}', historyMs: 60_000 });
    await relay.upkeepFindsLeftBehind();
    await relay.enforced(device);
    expectLockedOut(relay, person, device);
    expect(relay.okta.calls('suspendDevice')).toHaveLength(1);
  });
});

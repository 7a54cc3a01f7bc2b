import { expect, test } from '@jest/globals';
import { newestReports, type Report } from '../../src/store/reports.js';
import type { RecordedRequest } from '../sandbox/request-log.js';
import { withRelay, within, type Relay } from './relay.js';

type Upstream = 'okta' | 'uem';

/** Holds the nth call of an operation, and kills the newest worker meanwhile. */
async function killDuring(relay: Relay, upstream: Upstream, { operation, nth }: { operation: string; nth: number }): Promise<void> {
  const double = relay[upstream];
  const isIt = (request: RecordedRequest) => request.operation === operation && double.calls(operation).length === nth;
  await within(`call ${nth} of ${operation}`, double.onRequest(isIt));
  await relay.workers.at(-1)?.end('SIGKILL');
}

const reports = (relay: Relay) => newestReports(relay.client, '{relay}');

async function firstReport(relay: Relay): Promise<Report> {
  return await relay.eventually('a report', async () => (await reports(relay)).at(-1) ?? null);
}

/** Several pages of either inventory, and four devices whose events were lost. */
async function withLostEvents(story: (relay: Relay, lost: Relay['company']['devices']) => Promise<void>): Promise<void> {
  await withRelay({ headcount: 130, uemApi: true }, async (relay) => {
    const lost = relay.company.devices.filter((_device, i) => i % 130 === 7);
    for (const { uem } of lost) relay.uem.inventory.change(uem.deviceId, { complianceStatus: 'NonCompliant' });
    await story(relay, lost);
  });
}

test('A sweep whose worker is killed in either inventory and in the repair is carried on each time: nothing is read or repaired twice, and the counts are right', async () => {
  await withLostEvents(async (relay, lost) => {
    relay.okta.order({ operation: 'listDevices', object: 'after=', fault: { kind: 'delay', ms: 1_000 }, times: 1 });
    relay.uem.order({ operation: 'searchDevices', object: 'page=1', fault: { kind: 'delay', ms: 1_000 }, times: 1 });
    await relay.startWorkers();
    await killDuring(relay, 'okta', { operation: 'listDevices', nth: 2 });
    await relay.startWorkers();
    await killDuring(relay, 'uem', { operation: 'searchDevices', nth: 2 });
    relay.uem.order({ operation: 'getDevice', fault: { kind: 'delay', ms: 1_000 }, times: 2 });
    await relay.startWorkers();
    await killDuring(relay, 'uem', { operation: 'getDevice', nth: 2 });
    await relay.startWorkers();
    const report = await firstReport(relay);
    expect(report).toMatchObject({ ended: null, devices: { okta: 520, uem: 520 }, counts: { exposed: 4, facts_differ: 4 }, repairs: { taken_in: 4 } });
    expect(report.calls).toEqual({ okta: 3, uem: 6 });
    for (const device of lost) expect(await relay.enforced(device)).toMatchObject({ generation: 1 });
    expect(lost.map(({ okta }) => relay.okta.device(okta.id).status)).toEqual(lost.map(() => 'SUSPENDED'));
    expect(relay.okta.calls('suspendDevice')).toHaveLength(4);
  });
});

test('A worker that was frozen in a sweep for longer than its lock does not go on with it beside the one that took it over', async () => {
  await withLostEvents(async (relay, lost) => {
    relay.uem.order({ operation: 'getDevice', fault: { kind: 'delay', ms: 1_000 }, times: 1 });
    const frozen = await relay.startWorkers();
    await within('the repair', relay.uem.onRequest(({ operation }) => operation === 'getDevice'));
    process.kill(frozen.pid, 'SIGSTOP');
    await relay.startWorkers();
    const report = await firstReport(relay);
    process.kill(frozen.pid, 'SIGCONT');
    await frozen.line('could not renew lock');
    await relay.eventually('the sweep after it', async () => ((await reports(relay)).length >= 2 ? true : null));
    expect(report).toMatchObject({ ended: null, counts: { exposed: 4 }, repairs: { taken_in: 4 } });
    expect((await reports(relay)).filter(({ id }) => id === report.id)).toHaveLength(1);
    for (const device of lost) expect(await relay.enforced(device)).toMatchObject({ generation: 1 });
    expect(relay.okta.calls('suspendDevice')).toHaveLength(4);
  });
});

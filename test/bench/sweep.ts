import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { ReconciliationQueue } from '../../src/queue/reconciliation-queue.js';
import { newestReports, type Report } from '../../src/store/reports.js';
import type { RecordedRequest } from '../sandbox/http-double.js';
import type { Figure } from './figure.js';
import { peakMiB, residentMiB } from './process-usage.js';
import { keys } from './redis-usage.js';
import type { Stage } from './stage.js';
import { difference } from './statistics.js';

const prefix = '{relay}';
/** Devices per page of the vendors' listings. */
const pageOf = { uem: 500, okta: 200 } as const;
const wantedMiB = 100;
/** What Node's garbage collector may make of the same work from one time to the next. */
const flatWithinMiB = 25;

type Sweep = { devices: number; report: Report; uemPages: number; oktaPages: number; readById: number };

/**
 * The sweep that a worker makes as it starts, of few devices and, by a fresh worker, of many: calls, memory, and what the fleet index takes. It has
 * to find the devices of which no event has told. A dry run follows that finds as many others.
 */
export async function measureSweep(stage: Stage): Promise<Figure[]> {
  const { few, many, missed } = stage.plan.sweep;
  const redis = stage.redis.connect();
  const idle = await stage.start('workers');
  const idleMiB = residentMiB(idle.pid);
  await idle.stop();
  const small = await firstSweep(stage, redis, few);
  await small.worker.stop();
  missEvents(stage, { first: 0, count: missed });
  const suspended = allSuspended(stage, missed);
  const large = await firstSweep(stage, redis, many);
  await Promise.race([suspended, delay(stage.plan.patienceMs, null, { ref: false })]);
  const readById = stage.uem.calls('getDevice').length;
  missEvents(stage, { first: missed, count: missed });
  const dry = await dryRun(stage, redis);
  return [
    ...paging('sweep', small.sweep),
    { what: '  peak memory of the worker, above one that does not sweep', unit: 'MiB', measured: difference(small.peak, idleMiB), wanted: { atMost: wantedMiB } },
    ...paging('sweep', large.sweep),
    { what: '  peak memory of the worker, above one that does not sweep', unit: 'MiB', measured: difference(large.peak, idleMiB), wanted: { atMost: wantedMiB } },
    { what: '  more than for the few', unit: 'MiB', measured: difference(large.peak, small.peak), wanted: { atMost: flatWithinMiB } },
    // Before it is taken in, and by the run that would lock it out.
    { what: '  reads of UEM by id per device that is repaired', unit: '', measured: readById / missed, wanted: { atMost: 2 } },
    { what: '  of these suspended', unit: '', measured: suspendedIds(stage).size, wanted: { exactly: missed } },
    ...paging('dry run', dry),
    { what: '  devices found that need repair', unit: '', measured: dry.report.repairable, wanted: { exactly: missed } },
    { what: '  reads of UEM by id', unit: '', measured: dry.readById, wanted: { exactly: 0 } },
    { what: 'fleet index: devices', unit: '', measured: await redis.hlen(keys.fleet), wanted: { exactly: many } },
    { what: '  Redis per device', unit: 'bytes', measured: ((await redis.memory('USAGE', keys.fleet, 'SAMPLES', 0)) ?? Number.NaN) / many },
  ];
}

/** Enrols devices until there are so many, and has a fresh worker sweep them. */
async function firstSweep(stage: Stage, redis: Redis, devices: number) {
  stage.enrol(devices - stage.oktaIds.length);
  const since = Date.now();
  const reads = countReads(stage);
  const worker = await stage.start('workers', stage.uemEnvironment);
  const report = await reportOf(stage, redis, ({ by, startedAt }) => by === 'relay' && startedAt >= since);
  return { worker, sweep: { devices, report, ...reads() }, peak: peakMiB(worker.pid) };
}

async function dryRun(stage: Stage, redis: Redis): Promise<Sweep> {
  const queue = new ReconciliationQueue(redis, prefix, (error) => process.stderr.write(`${error.message}\n`));
  const reads = countReads(stage);
  const id = await queue.order({ v: 1, name: 'sweep', by: 'bench', reason: 'bench', dryRun: true, acceptShrunk: false });
  const report = await reportOf(stage, redis, (one) => one.id === id);
  await queue.close();
  return { devices: stage.oktaIds.length, report, ...reads() };
}

/** The pages that were read, against how many hold so many devices. */
function paging(name: string, { devices, report, uemPages, oktaPages }: Sweep): Figure[] {
  const what = `${name} of ${devices.toLocaleString('en')} devices`;
  if (report.ended !== null) throw new Error(`The ${what} ended early: ${report.ended.word}: ${report.ended.detail}`);
  return [
    { what: `${what}: pages of UEM`, unit: '', measured: uemPages, wanted: { exactly: Math.ceil(devices / pageOf.uem) } },
    { what: '  pages of Okta', unit: '', measured: oktaPages, wanted: { exactly: Math.ceil(devices / pageOf.okta) } },
    { what: '  took', unit: 's', measured: (report.endedAt - report.startedAt) / 1000 },
  ];
}

/** Counts what is read from now on, as the doubles see it. */
function countReads({ uem, okta }: Stage): () => Pick<Sweep, 'uemPages' | 'oktaPages' | 'readById'> {
  const before = { uem: uem.requests.length, okta: okta.requests.length };
  return () => {
    const atUem = uem.requests.slice(before.uem);
    const atOkta = okta.requests.slice(before.okta).filter(isNoSearch);
    return { uemPages: countOf(atUem, 'searchDevices'), readById: countOf(atUem, 'getDevice'), oktaPages: countOf(atOkta, 'listDevices') };
  };
}

function countOf(requests: RecordedRequest[], operation: string): number {
  return requests.filter((request) => request.operation === operation).length;
}

/** Single devices are searched for, all are listed. */
function isNoSearch({ path }: RecordedRequest): boolean {
  return !new URL(path, 'http://okta').searchParams.has('search');
}

/** Waits for the report of which `is` holds. */
async function reportOf({ plan }: Stage, redis: Redis, is: (report: Report) => boolean): Promise<Report> {
  const deadline = Date.now() + plan.patienceMs;
  for (;;) {
    const report = (await newestReports(redis, prefix)).find(is);
    if (report !== undefined) return report;
    if (Date.now() > deadline) throw new Error('A sweep did not end in time.');
    await delay(50);
  }
}

/** Devices fall out of compliance, and no event tells of it. */
function missEvents({ uem }: Stage, { first, count }: { first: number; count: number }): void {
  for (const { deviceId } of uem.inventory.slice(first, first + count)) uem.inventory.change(deviceId, { complianceStatus: 'NonCompliant' });
}

async function allSuspended(stage: Stage, count: number): Promise<void> {
  await stage.okta.onRequest(() => suspendedIds(stage).size === count);
}

/** Okta's ids of the devices that were suspended. */
function suspendedIds({ okta }: Stage): Set<string | undefined> {
  return new Set(okta.calls('suspendDevice').flatMap(({ status, path }) => (status === 204 ? [path.split('/')[4]] : [])));
}

import type { Wave } from './device.js';
import type { Figure } from './figure.js';
import { processorMs, residentMiB } from './process-usage.js';
import { redisUsage } from './redis-usage.js';
import type { Stage } from './stage.js';
import { difference } from './statistics.js';
import type { Subject } from './subject.js';
import { allEnforced, sendWave } from './waves.js';

const wantedCpuMs = { atMost: 1.2 };

/** The receiver alone: its CPU per event and its memory, and what a device and an event cost in Redis while nobody enforces. */
export async function measureReceiver(stage: Stage): Promise<Figure[]> {
  const { webhooks, devices } = stage.plan;
  const client = stage.redis.connect();
  const receiver = await stage.start('receiver');
  const idleMiB = residentMiB(receiver.pid);
  const empty = await redisUsage(client);
  await sendWave(stage, receiver, { count: devices, complianceStatus: 'NonCompliant' });
  const first = await redisUsage(client);
  await sendWave(stage, receiver, { count: devices, complianceStatus: 'NonCompliant' });
  const second = await redisUsage(client);
  const cpuBefore = { receiver: processorMs(receiver.pid), redis: processorMs(stage.redis.pid) };
  const rest = webhooks - 2 * devices;
  await sendWave(stage, receiver, { count: rest, complianceStatus: 'NonCompliant', firstDevice: devices });
  const cpu = share(difference(processorMs(receiver.pid), cpuBefore.receiver), rest);
  const redisCpu = share(difference(processorMs(stage.redis.pid), cpuBefore.redis), rest);
  const eventBytes = (second.bytes - first.bytes) / devices;
  return [
    { what: 'CPU per accepted event, receiver', unit: 'ms', measured: cpu, wanted: wantedCpuMs },
    { what: 'CPU per accepted event, Redis beside it', unit: 'ms', measured: redisCpu },
    { what: 'memory of the receiver, idle', unit: 'MiB', measured: idleMiB },
    { what: `memory of the receiver, after ${webhooks.toLocaleString('en')} webhooks`, unit: 'MiB', measured: residentMiB(receiver.pid) },
    { what: 'Redis per waiting device (state and job, without its event)', unit: 'bytes', measured: (first.bytes - empty.bytes) / devices - eventBytes },
    { what: 'Redis per event', unit: 'bytes', measured: eventBytes },
    { what: 'keys in Redis per waiting device', unit: '', measured: (first.keyCount - empty.keyCount) / devices },
  ];
}

/** Receiver and worker on events that end in a run without a call: devices that comply. */
export async function measureRelay(stage: Stage): Promise<Figure[]> {
  const { webhooks } = stage.plan;
  const [receiver, workers] = [await stage.start('receiver'), await stage.start('workers')];
  const idleMiB = residentMiB(workers.pid);
  const cpuBefore = cpuOf(receiver, workers);
  await sendWave(stage, receiver, { count: webhooks, complianceStatus: 'Compliant' });
  await allEnforced(stage);
  const cpu = share(difference(cpuOf(receiver, workers), cpuBefore), webhooks);
  return [
    { what: 'CPU per accepted event, receiver and worker, no call', unit: 'ms', measured: cpu, wanted: wantedCpuMs },
    { what: 'memory of the worker, idle', unit: 'MiB', measured: idleMiB },
    { what: `memory of the worker, after ${webhooks.toLocaleString('en')} webhooks`, unit: 'MiB', measured: residentMiB(workers.pid) },
  ];
}

/** Receiver and worker on events that each lock a device out (Okta 3 calls, Graph 1) or let it in again (Okta 2 calls). */
export async function measureLockOuts(stage: Stage): Promise<Figure[]> {
  const { lockOuts: count } = stage.plan;
  stage.enrol(count);
  const client = stage.redis.connect();
  const [receiver, workers] = [await stage.start('receiver'), await stage.start('workers')];
  const wave = async (complianceStatus: Wave['complianceStatus']) => {
    await sendWave(stage, receiver, { count, complianceStatus });
    await allEnforced(stage);
  };
  const empty = await redisUsage(client);
  await wave('NonCompliant');
  await wave('Compliant');
  const before = await redisUsage(client);
  const cpuBefore = cpuOf(receiver, workers);
  await wave('NonCompliant');
  const cpu = difference(cpuOf(receiver, workers), cpuBefore);
  await wave('Compliant');
  const after = await redisUsage(client);
  const eventAndRun = (after.bytes - before.bytes) / (2 * count);
  return [
    { what: 'CPU per accepted event, receiver and worker, a lock-out each', unit: 'ms', measured: share(cpu, count), wanted: wantedCpuMs },
    { what: 'Redis per run, with its event and what is to be looked at again', unit: 'bytes', measured: eventAndRun },
    { what: 'Redis per enforced device (its state, without events and runs)', unit: 'bytes', measured: (before.bytes - empty.bytes) / count - 2 * eventAndRun },
    { what: 'keys in Redis per enforced device', unit: '', measured: (before.keyCount - empty.keyCount) / count },
  ];
}

function cpuOf(...subjects: Subject[]): number | null {
  const used = subjects.map(({ pid }) => processorMs(pid));
  return used.reduce<number | null>((sum, ms) => (sum === null || ms === null ? null : sum + ms), 0);
}

function share(total: number | null, count: number): number | null {
  return total === null ? null : total / count;
}

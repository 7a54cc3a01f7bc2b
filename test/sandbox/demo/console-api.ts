import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { runSchema } from '../../../src/store/runs.js';
import { patienceMs } from './patience.js';

const deviceSchema = z.object({
  key: z.string(),
  standing: z.string(),
  enforced: z.boolean(),
  generation: z.number(),
  failure: z.string().nullable(),
  /** Newest first. */
  runs: z.array(runSchema),
  events: z.array(z.object({ id: z.string(), result: z.string() })),
});

export type DeviceView = z.infer<typeof deviceSchema>;

const answerSchema = z.object({ devices: z.tuple([deviceSchema]) });
const pollEveryMs = 20;

/** What the relay's console says of one device. Rejects when it does not know it. */
export async function readDevice(consoleUrl: string, key: string): Promise<DeviceView> {
  const response = await fetch(new URL(`/api/v1/devices/${encodeURIComponent(key)}`, consoleUrl), { signal: AbortSignal.timeout(patienceMs) });
  if (!response.ok) throw new Error(`The console answered ${response.status} about ${key}.`);
  return answerSchema.parse(await response.json()).devices[0];
}

/** Asks the console until everything that UEM has said of the device is enforced. Rejects after `patienceMs` with how far it has come. */
export async function enforcedDevice(consoleUrl: string, key: string, signal: AbortSignal): Promise<DeviceView> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const device = await readDevice(consoleUrl, key);
    if (device.enforced) return device;
    if (Date.now() > deadline) throw new Error(`${key} is not enforced after ${patienceMs / 1000} s: ${whyNot(device)}.`);
    await delay(pollEveryMs, null, { signal });
  }
}

function whyNot({ failure, runs: [newest] }: DeviceView): string {
  if (failure !== null) return failure;
  return newest ? `its newest run ended with ${newest.outcome} ${newest.detail}`.trim() : 'no run of it has ended yet';
}

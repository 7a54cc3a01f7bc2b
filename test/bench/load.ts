import { text } from 'node:stream/consumers';
import autocannon, { type Client, type Request } from 'autocannon';
import { z } from 'zod';
import { eventOfWave } from './device.js';
import { quantile } from './statistics.js';

/** A process of its own that sends a wave of webhooks: the order comes as JSON on standard input, the result goes to standard output. */
const orderSchema = z.object({
  url: z.string(),
  authorization: z.string(),
  connections: z.number().int(),
  /** Webhooks in all. */
  amount: z.number().int(),
  wave: z.object({
    firstDevice: z.number(),
    complianceStatus: z.enum(['NonCompliant', 'Compliant']),
    firstEventAt: z.number(),
    compromisedEvery: z.number().optional(),
  }),
});

type Order = z.infer<typeof orderSchema>;

/** Every connection has its own share of the requests, all made before the first is sent, so that sending them costs little. */
function shares({ authorization, connections, amount, wave }: Order): Request[][] {
  const requests = Array.from({ length: amount }, (_, index): Request => ({
    method: 'POST',
    path: '/webhooks/uem',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(eventOfWave(wave, index)),
  }));
  return Array.from({ length: connections }, (_, connection) => requests.filter((__, index) => index % connections === connection));
}

async function send(order: Order): Promise<object> {
  const { url, connections, amount } = order;
  const left = shares(order);
  const durations: number[] = [];
  const sentAt: number[] = [];
  let started = 0;
  let first = Number.NaN;
  let last = Number.NaN;
  const setupClient = (client: Client) => {
    client.setRequests(left.shift() ?? []);
    let index = started++;
    client.on('response', (_status, _bytes, durationMs) => {
      last = performance.now();
      sentAt[index] = Math.round(performance.timeOrigin + last - durationMs);
      index += connections;
      if (durations.push(durationMs) === 1) first = last;
    });
  };
  const { non2xx, errors, mismatches } = await autocannon({ url, connections, amount, setupClient, verifyBody: (body) => String(body).includes('"result":"queued"') });
  const perSecond = ((durations.length - 1) / (last - first)) * 1000;
  const queued = durations.length - non2xx - mismatches;
  const [p50Ms, p99Ms] = [0.5, 0.99].map((q) => quantile(durations, q));
  return { queued, refused: non2xx, errors, otherwise: mismatches, perSecond, p50Ms, p99Ms, sentAt };
}

const order = orderSchema.parse(JSON.parse(await text(process.stdin)));
process.stdout.write(JSON.stringify(await send(order)));

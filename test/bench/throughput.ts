import type { Figure } from './figure.js';
import { sendLoad, type LoadResult } from './send-load.js';
import type { Stage } from './stage.js';
import { median } from './statistics.js';
import type { Subject } from './subject.js';

/**
 * Accepted webhooks per second, against a bare Express route. The three processes take turns, so that the machine's mood hits all alike;
 * ratios are taken within a round, and the median of the rounds counts. Every event is about a device nobody has heard of and says
 * NonCompliant, so that each is `queued`, on the most expensive path. A first round, not counted, warms everything up.
 */
export async function measureThroughput({ plan, start }: Stage): Promise<Figure[]> {
  const [receiver, bare, logging] = [await start('receiver'), await start('bare'), await start('bare', { LINE_PER_REQUEST: '1' })];
  const { connections, webhooksPerRound: amount, patienceMs } = plan;
  let firstDevice = 0;
  const load = async ({ url }: Subject): Promise<LoadResult> => {
    firstDevice += amount;
    return await sendLoad({ url, connections, amount, patienceMs, wave: { firstDevice, complianceStatus: 'NonCompliant', firstEventAt: Date.now() - 3_600_000 } });
  };
  const rounds: Record<'receiver' | 'bare' | 'logging', LoadResult>[] = [];
  for (let round = 0; round <= plan.rounds; round += 1) {
    const results = { receiver: await load(receiver), bare: await load(bare), logging: await load(logging) };
    if (round > 0) rounds.push(results);
  }
  const of = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick));
  return [
    { what: 'webhooks accepted, share of a bare Express route', unit: '', measured: of((round) => round.receiver.perSecond / round.bare.perSecond), wanted: { atLeast: 0.75 } },
    { what: '  share of a bare route that logs a line per request', unit: '', measured: of((round) => round.receiver.perSecond / round.logging.perSecond) },
    { what: '  receiver', unit: '/s', measured: of((round) => round.receiver.perSecond) },
    { what: '  bare route', unit: '/s', measured: of((round) => round.bare.perSecond) },
    { what: '  bare route with a log line', unit: '/s', measured: of((round) => round.logging.perSecond) },
    { what: `  receiver, p99 with ${connections} connections`, unit: 'ms', measured: of((round) => round.receiver.p99Ms) },
    { what: `  bare route, p99 with ${connections} connections`, unit: 'ms', measured: of((round) => round.bare.p99Ms) },
  ];
}

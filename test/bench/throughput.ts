import type { Figure } from './figure.js';
import { processorMs } from './process-usage.js';
import { sendLoad, type LoadResult } from './send-load.js';
import type { Stage } from './stage.js';
import { median } from './statistics.js';
import type { Subject } from './subject.js';

type Result = LoadResult & {
  /** Processor time of the process per webhook. */
  cpuMs: number;
};

const warmUpRounds = 3;

/**
 * Accepted webhooks per second, against a bare Express route. The three processes take turns, so that the machine's mood hits all alike;
 * ratios are taken within a round, and the median of the rounds counts. Every event is about a device nobody has heard of and says
 * NonCompliant, so that each is `queued`, on the most expensive path. The first three rounds, not counted, warm
 * everything up: Node 24 takes 20,000 webhooks until its code is compiled.
 */
export async function measureThroughput({ plan, start }: Stage): Promise<Figure[]> {
  const [receiver, bare, logging] = [await start('receiver'), await start('bare'), await start('bare', { LINE_PER_REQUEST: '1' })];
  const { connections, webhooksPerRound: amount, patienceMs } = plan;
  let firstDevice = 0;
  const load = async ({ url, pid }: Subject): Promise<Result> => {
    firstDevice += amount;
    const cpuBefore = processorMs(pid);
    const wave = { firstDevice, complianceStatus: 'NonCompliant', firstEventAt: Date.now() - 60_000 } as const;
    const result = await sendLoad({ url, connections, amount, patienceMs, wave });
    return { ...result, cpuMs: ((processorMs(pid) ?? Number.NaN) - (cpuBefore ?? Number.NaN)) / amount };
  };
  const rounds: Record<'receiver' | 'bare' | 'logging', Result>[] = [];
  for (let round = 0; round < warmUpRounds + plan.rounds; round += 1) {
    const results = { receiver: await load(receiver), bare: await load(bare), logging: await load(logging) };
    if (round >= warmUpRounds) rounds.push(results);
  }
  const of = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick));
  const shareOf = (other: 'bare' | 'logging') => of((round) => round.receiver.perSecond / round[other].perSecond);
  return [
    { what: 'webhooks accepted, share of a bare Express route', unit: '', measured: shareOf('bare'), wanted: { atLeast: 0.75 } },
    { what: '  share of a bare route that logs a line per request', unit: '', measured: shareOf('logging') },
    { what: '  receiver', unit: '/s', measured: of((round) => round.receiver.perSecond) },
    { what: '  bare route', unit: '/s', measured: of((round) => round.bare.perSecond) },
    { what: '  bare route with a log line', unit: '/s', measured: of((round) => round.logging.perSecond) },
    { what: `  receiver, p99 with ${connections} connections`, unit: 'ms', measured: of((round) => round.receiver.p99Ms) },
    { what: `  bare route, p99 with ${connections} connections`, unit: 'ms', measured: of((round) => round.bare.p99Ms) },
    // Where others use the processors too, these hold still longer than the rates.
    { what: '  receiver, CPU per webhook', unit: 'ms', measured: of((round) => round.receiver.cpuMs) },
    { what: '  bare route, CPU per webhook', unit: 'ms', measured: of((round) => round.bare.cpuMs) },
    { what: '  bare route with a log line, CPU per webhook', unit: 'ms', measured: of((round) => round.logging.cpuMs) },
  ];
}

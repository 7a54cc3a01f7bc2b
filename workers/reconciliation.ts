import { DelayedError, WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { reconciliationJobSchema, reconciliationQueue, type ReconciliationJob } from '../src/queue/job.js';
import { keepReport, newestReports, type Progress, type Report } from '../src/store/reports.js';
import { adopt } from './sweep/adopt.js';
import { reportOf } from './sweep/report.js';
import { runSweep } from './sweep/run.js';
import { SweepEnded, TakenOver, type Sweeping } from './sweep/sweep.js';

const unknownVersionWaitsMs = 60_000;

/** Does what looks at all devices at once. Whatever stops its worker, the next one goes on from where it was. */
export function startReconciliation(sweeping: Sweeping, connection: Redis): Worker<ReconciliationJob> {
  const { prefix, log } = sweeping;
  const worker = new Worker<ReconciliationJob>(reconciliationQueue, createProcessor(sweeping), {
    connection,
    prefix,
    lockDuration: 10_000,
    stalledInterval: 3_000,
    maxStalledCount: 10,
    runRetryDelay: 1_000,
  });
  worker.on('error', (error) => log.warn({ error }, 'reconciliation: Redis connection'));
  worker.on('lockRenewalFailed', (ids) => ids.forEach((id) => worker.cancelJob(id, 'lock lost')));
  worker.on('failed', (job, error) => log.error({ job: job?.id, error }, 'reconciliation failed'));
  return worker;
}

type Turn = { job: Job<ReconciliationJob>; token: string; signal: AbortSignal };

function createProcessor(sweeping: Sweeping) {
  return async (job: Job<ReconciliationJob>, token?: string, signal?: AbortSignal): Promise<void> => {
    const turn = { job, token: token ?? '', signal: signal ?? new AbortController().signal };
    const data = reconciliationJobSchema.safeParse(job.data);
    if (!data.success) {
      await job.moveToDelayed(sweeping.now() + unknownVersionWaitsMs, token);
      throw new DelayedError();
    }
    if (job.repeatJobKey !== undefined && (await wasJustDone(sweeping))) return;
    await doJob(sweeping, turn, data.data);
  };
}

/** The schedule has nothing to add to a sweep that began less than half an interval ago, e.g. at the start of a worker. */
async function wasJustDone({ redis, prefix, everyMs, now }: Sweeping): Promise<boolean> {
  const reports = await newestReports(redis, prefix);
  return reports.some(({ name, ended, dryRun, startedAt }) => name === 'sweep' && ended === null && !dryRun && startedAt > now() - everyMs / 2);
}

async function doJob(sweeping: Sweeping, turn: Turn, data: ReconciliationJob): Promise<void> {
  const { memory, redis, prefix, now } = sweeping;
  const { job, token, signal } = turn;
  const progress = await memory.begin(beginningOf(data, job.id ?? '', now()));
  const ended = await work(sweeping, turn, { data, progress });
  if (signal.aborted) {
    await job.moveToWait(token);
    throw new WaitingError();
  }
  const report = await reportOf(progress, memory, { ended, endedAt: now() });
  await keepReport(redis, prefix, report);
  await memory.forget();
  logReport(sweeping, report);
}

/** What ended the work early; null: nothing did. */
async function work(sweeping: Sweeping, turn: Turn, { data, progress }: { data: ReconciliationJob; progress: Progress }): Promise<Report['ended']> {
  const { uem, redis, prefix, log } = sweeping;
  const { job, token, signal } = turn;
  try {
    const isOurs = async () => (await redis.get(`${prefix}:${reconciliationQueue}:${job.id}:lock`)) === token;
    const reconciling = { ...sweeping, progress, signal, isOurs };
    if (data.name === 'adopt') await adopt(reconciling, data.actor);
    else if (uem === null) throw new SweepEnded('not_configured', 'UEM_API_URL is not set.');
    else await runSweep({ ...reconciling, uem, acceptShrunk: data.acceptShrunk });
    return null;
  } catch (problem) {
    if (problem instanceof TakenOver) throw problem;
    if (problem instanceof SweepEnded) return { word: problem.word, detail: problem.message };
    if (!signal.aborted) log.error({ job: job.id, error: problem }, 'sweep failed unexpectedly');
    return { word: 'unexpected', detail: problem instanceof Error ? problem.name : typeof problem };
  }
}

function beginningOf({ name, by, reason, dryRun }: ReconciliationJob, id: string, nowMs: number): Progress {
  return {
    id,
    name,
    by,
    reason,
    dryRun,
    startedAt: nowMs,
    phase: name === 'sweep' ? 'okta' : 'log',
    calls: {},
    okta: { listing: { id, seenAt: nowMs }, after: null, records: 0, restarts: 0 },
    uem: { page: 0, pass: 1, short: false, shrank: false, devices: 0, total: null, unusable: 0 },
    repair: { done: 0, of: 0 },
  };
}

/** One wide line per sweep or adoption. */
function logReport({ log }: Sweeping, { listed: _listed, ...report }: Report): void {
  const line = { ...report, durationMs: report.endedAt - report.startedAt };
  if (report.ended === null) log.info(line, report.name);
  else log.warn({ ...line, alert: 'sweep_incomplete' }, report.name);
}

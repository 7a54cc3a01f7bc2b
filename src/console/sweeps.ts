import { lastCompleteSweep, newestReports, readProgress, type Progress, type Report } from '../store/reports.js';
import { record, type Desk, type Order } from './desk.js';

/** A sweep as far as it is: it waits for its turn, runs, or is over. */
type Standing =
  | { id: string; state: 'waiting' }
  | { id: string; state: 'running'; progress: Progress }
  | { id: string; state: 'over'; report: Report };

/** The one that runs, those that wait, and the newest that are over; of these not the devices that they list. */
export async function listSweeps(desk: Desk) {
  const [running, waiting, reports, last] = await Promise.all([
    runningNow(desk),
    desk.reconciliation.waiting(),
    newestReports(desk.redis, desk.prefix),
    lastCompleteSweep(desk.redis, desk.prefix),
  ]);
  return { running, waiting, lastCompleteId: last?.id ?? null, reports: reports.map(withoutDevices) };
}

/** How far the sweep or adoption with that id is; null where nobody knows it (any longer). */
export async function findSweep(desk: Desk, id: string): Promise<Standing | null> {
  const progress = await runningNow(desk);
  if (progress?.id === id) return { id, state: 'running', progress };
  const report = await findReport(desk, id);
  if (report !== undefined) return { id, state: 'over', report };
  const state = await desk.reconciliation.queue.getJobState(id);
  // One that has just begun has not noted that yet; one that has just ended has its report by now.
  if (state !== 'unknown') return { id, state: 'waiting' };
  const late = await findReport(desk, id);
  return late === undefined ? null : { id, state: 'over', report: late };
}

type Ordered = { name: 'sweep'; dryRun: boolean; acceptShrunk: boolean } | { name: 'adopt'; dryRun: boolean; actor: string | null };

/** Orders a sweep or an adoption; returns the id under which it can be found. */
export async function orderReconciliation(desk: Desk, given: Order, what: Ordered): Promise<string> {
  const target = what.name === 'sweep' ? 'all devices' : `what ${what.actor ?? 'the relay'} has suspended`;
  await record(desk, given, { what: `${what.name}${what.dryRun ? ' (dry run)' : ''}`, target });
  return await desk.reconciliation.order({ v: 1, ...given, ...what });
}

/** What the status says of sweeps: how far the one that runs is, and what the last one that saw everything has found. */
export async function sweepStatus(desk: Desk) {
  const [running, last, [newest]] = await Promise.all([
    runningNow(desk),
    lastCompleteSweep(desk.redis, desk.prefix),
    newestReports(desk.redis, desk.prefix).then((reports) => reports.filter(({ name }) => name === 'sweep')),
  ]);
  return { running, lastComplete: last && withoutDevices(last), newest: newest ? withoutDevices(newest) : null };
}

/** What a dead worker has left behind is no progress, unless its job is still to be done. */
async function runningNow({ redis, prefix, reconciliation }: Desk): Promise<Progress | null> {
  const progress = await readProgress(redis, prefix);
  if (progress === null || (await reconciliation.queue.getJobState(progress.id)) === 'unknown') return null;
  return progress;
}

async function findReport({ redis, prefix }: Desk, id: string): Promise<Report | undefined> {
  return (await newestReports(redis, prefix)).find((report) => report.id === id);
}

function withoutDevices({ listed: _listed, ...report }: Report): Omit<Report, 'listed'> {
  return report;
}

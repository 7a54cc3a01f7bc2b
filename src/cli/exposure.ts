import type { DeviceAnswer, RunAnswer } from './answers.js';
import { moment, span, table } from './terminal.js';

/** The stations of one lock-out, over all of its runs: milliseconds since 1970, null where one was not reached. */
type ExposureClock = RunAnswer['exposure'];

/**
 * The exposure clock of the newest lock-out: what started it is said by its first run, when it was done by the last one that did
 * something. One that is over had begun after the run that let the device in before. Null where no kept run is one of a lock-out.
 */
export function newestLockOut({ containment, runs }: Pick<DeviceAnswer, 'containment' | 'runs'>): ExposureClock | null {
  const newest = runs.findIndex(isLocking);
  if (newest === -1) return null;
  const release = runs.findIndex(({ posture }, index) => index > newest && posture === 'free');
  const kept = containment === null && release !== -1 ? runs.slice(0, release) : runs;
  const clocks = kept.filter((run) => isLocking(run) && run.endedAt >= (containment?.openedAt ?? 0)).map(({ exposure }) => exposure);
  const start = clocks.at(-1);
  if (start === undefined) return null;
  return { ...start, suspendedAt: latest(clocks.map((clock) => clock.suspendedAt)), lastRevocationAt: latest(clocks.map((clock) => clock.lastRevocationAt)) };
}

function isLocking({ posture }: RunAnswer): boolean {
  return posture === 'contain';
}

/** The stations with the time from one to the next. */
export function renderExposure(clock: ExposureClock): string {
  const stations: [string, number | null][] = [
    ['event (UEM\'s EventTime)', clock.eventTime],
    ['received', clock.receivedAt],
    ['suspended', clock.suspendedAt],
    ['last revocation', clock.lastRevocationAt],
  ];
  let before: number | null = null;
  const rows = stations.map(([station, at]) => {
    const difference = at === null || before === null ? '' : `${at < before ? '-' : '+'}${span(Math.abs(at - before))}`;
    before = at ?? before;
    return [station, at === null ? 'not reached' : moment(at), difference];
  });
  const from = clock.eventTime ?? clock.receivedAt;
  const to = latest([clock.suspendedAt, clock.lastRevocationAt]);
  const total = from === null || to === null ? [] : [['in all', '', span(to - from)]];
  return table(['STATION', 'UTC', 'AFTER'], [...rows, ...total]);
}

function latest(moments: (number | null)[]): number | null {
  const reached = moments.filter((at) => at !== null);
  return reached.length === 0 ? null : Math.max(...reached);
}

import type { Figure } from './figure.js';
import { massEvent, type Course } from './mass-event.js';
import type { Plan } from './plan.js';
import type { Stage } from './stage.js';

/** The part of Okta's limits that the relay takes unless it is told otherwise. */
const share = 0.9;

export const sharedLimit = ({ sharing: { limit, windowMs } }: Plan) => ({ devices: limit, windowMs });

/** 1, 2 and 4 worker processes spend from one budget, of which a part is left to others: requests per window of Okta. */
export async function measureSharing(stage: Stage): Promise<Figure[]> {
  const { devices, limit, windowMs } = stage.plan.sharing;
  const { url } = await stage.start('receiver');
  const ours = Math.floor(share * limit);
  const figures: Figure[] = [];
  let running = 0;
  for (const [round, processes] of [1, 2, 4].entries()) {
    stage.enrol(devices);
    for (; running < processes; running += 1) await stage.start('workers');
    const course = await massEvent(stage, { url, first: round * devices, devices, floorSeconds: (devices / ours) * (windowMs / 1000) });
    figures.push(...shared(stage, course, { processes, ours }));
  }
  return figures;
}

function shared({ okta, plan }: Stage, { from, until, devices, suspendedAfter }: Course, { processes, ours }: { processes: number; ours: number }): Figure[] {
  const windows = okta.rateWindows('devices').map(({ endsAt, used }) => ({ startsAt: endsAt - plan.sharing.windowMs, endsAt, used }));
  const touched = windows.filter(({ startsAt, endsAt }) => endsAt >= from && startsAt <= until);
  const whole = windows.filter(({ startsAt, endsAt }) => startsAt >= from && endsAt <= until);
  const used = whole.reduce((sum, window) => sum + window.used, 0) / (whole.length * ours);
  return [
    { what: `budget shared by worker processes, ${processes}: devices suspended`, unit: '', measured: suspendedAfter.length, wanted: { exactly: devices } },
    { what: '  calls in the fullest window', unit: '', measured: Math.max(...touched.map((window) => window.used)), wanted: { atMost: ours } },
    { what: `  part of the budget used, of ${whole.length} whole windows`, unit: '', measured: used },
  ];
}

import type { Figure } from './figure.js';
import { massEvent, type Course } from './mass-event.js';
import type { Plan } from './plan.js';
import type { Stage } from './stage.js';
import { warmIndex } from './warm-index.js';

const compromisedWithinSeconds = 5;

/** Okta's devices bucket alone is limited. */
export const devicesLimit = ({ storm: { limit, windowMs } }: Plan) => ({ devices: limit, windowMs });

/** Everything at Okta counts against one limit. */
export const commonLimit = ({ storm: { limit, windowMs } }: Plan) => ({ all: limit, windowMs });

/** A mass event where Okta's devices are known from a sweep: one call on the devices bucket suspends a device. */
export async function measureWarmStorm(stage: Stage): Promise<Figure[]> {
  const { storm } = stage.plan;
  const { devices, compromised, windowMs } = storm;
  const url = await prepare(stage, { devices, warm: true });
  const floorSeconds = devices / perSecond(stage.plan);
  const late = compromised / 2;
  const course = await massEvent(stage, { url, first: 0, devices, late, compromisedEvery: Math.floor((devices - late) / late), floorSeconds });
  return [
    ...suspensions('storm, index warm', course, { floorSeconds, wantedSeconds: 1.05 * floorSeconds + windowMs / 1000 }),
    { what: '  calls on the devices bucket per suspension', unit: '', measured: devicesCalls(course) / devices },
    { what: '  refused with 429', unit: '', measured: refused(course), wanted: { atMost: 1 } },
    { what: `  compromised devices among them`, unit: '', measured: course.compromisedAfter.length },
    { what: '  the slowest of them after its webhook', unit: 's', measured: Math.max(...course.compromisedAfter), wanted: { atMost: compromisedWithinSeconds } },
    { what: '  users signed out of Okta by the last suspension', unit: '', measured: signedOut(course) },
  ];
}

/** A mass event of devices that nothing is known about: they are looked up many at a time. */
export async function measureColdStorm(stage: Stage): Promise<Figure[]> {
  const { coldDevices: devices } = stage.plan.storm;
  const url = await prepare(stage, { devices, warm: false });
  const floorSeconds = devices / perSecond(stage.plan);
  const course = await massEvent(stage, { url, first: 0, devices, floorSeconds });
  return [
    ...suspensions('storm, index cold', course, { floorSeconds }),
    { what: '  calls on the devices bucket per suspension', unit: '', measured: devicesCalls(course) / devices, wanted: { atMost: 1.1 } },
    { what: '  refused with 429', unit: '', measured: refused(course) },
  ];
}

/** A mass event where users and devices share one limit: what contains goes before everything else. */
export async function measureCommonLimitStorm(stage: Stage): Promise<Figure[]> {
  const { devices } = stage.plan.storm;
  const url = await prepare(stage, { devices, warm: true });
  const floorSeconds = devices / perSecond(stage.plan);
  const course = await massEvent(stage, { url, first: 0, devices, floorSeconds });
  return [
    ...suspensions('storm, one limit for all of Okta, index warm', course, { floorSeconds, wantedSeconds: 1.05 * floorSeconds }),
    { what: '  other calls to Okta before the last suspension', unit: '', measured: course.calls.filter(({ operation }) => operation !== 'suspendDevice').length },
    { what: '  refused with 429', unit: '', measured: refused(course) },
  ];
}

/** Receiver and worker, and devices that Okta and Entra ID know. Returns the receiver's address. */
async function prepare(stage: Stage, { devices, warm }: { devices: number; warm: boolean }): Promise<string> {
  stage.enrol(devices);
  const [receiver] = await Promise.all([stage.start('receiver'), stage.start('workers', { OKTA_RATE_SHARE: '1' })]);
  if (warm) await warmIndex(stage);
  return receiver.url;
}

function suspensions(storm: string, { devices, suspendedAfter }: Course, { floorSeconds, wantedSeconds }: { floorSeconds: number; wantedSeconds?: number }): Figure[] {
  const last = suspendedAfter[devices - 1] ?? Number.NaN;
  return [
    { what: `${storm}: devices suspended`, unit: '', measured: suspendedAfter.length, wanted: { exactly: devices } },
    { what: '  the last after', unit: 's', measured: last, ...(wantedSeconds === undefined ? {} : { wanted: { atMost: wantedSeconds } }) },
    { what: '  arithmetic floor', unit: 's', measured: floorSeconds },
    { what: '  half of them after', unit: 's', measured: suspendedAfter[Math.ceil(devices / 2) - 1] ?? Number.NaN },
  ];
}

function perSecond({ storm: { limit, windowMs } }: Plan): number {
  return limit / (windowMs / 1000);
}

const devicesOperations = new Set<string | null>(['listDevices', 'getDevice', 'suspendDevice', 'unsuspendDevice']);

function devicesCalls({ calls }: Course): number {
  return calls.filter(({ operation }) => devicesOperations.has(operation)).length;
}

function refused({ calls }: Course): number {
  return calls.filter(({ status }) => status === 429).length;
}

function signedOut({ calls }: Course): number {
  return new Set(calls.filter(({ operation }) => operation === 'revokeUserSessions').map(({ path }) => path.split('?')[0])).size;
}

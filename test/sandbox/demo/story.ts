import { deviceKeys } from '../../../src/compliance/device.js';
import type { Run, Step } from '../../../src/store/runs.js';
import type { CompanyDevice } from '../fixtures/company.js';
import { deleteBody, type UemBody } from '../uem.js';
import { enforcedDevice } from './console-api.js';
import { within } from './patience.js';
import { sayRow, sayTitle, type Row } from './screen.js';
import type { Stage } from './stage.js';

type Expected = { result: 'queued' | 'duplicate' | 'stale'; effect: string };
type Scene = { device: CompanyDevice; event: string; body: UemBody };

/** One event as it was sent, and what became of it. */
export type Told = Scene & { expected: Expected; eventId: string; result: string; effect: string };

const lockedOut = 'suspended, signed out';
const letIn = 'unsuspended';
const notOurs = 'stays suspended: not ours';
const queued = (effect: string): Expected => ({ result: 'queued', effect });

/** Plays the story and shows every event with what it caused; returns all of them. Rejects when something does not happen in time. */
export async function tellStory(stage: Stage): Promise<Told[]> {
  const { okta } = stage;
  const told: Told[] = [];
  const [ada, alan, grace, katherine, linus] = castOf(stage);
  const play = async (scene: Scene, expected: Expected) => void told.push(await playScene(stage, scene, expected));

  sayTitle('Four devices of four people fall out of compliance');
  const fallen = [ada.devices.iphone, alan.devices.windows, grace.devices.mac, katherine.devices.android].map((device) => says(device, 'NonCompliant'));
  for (const scene of fallen) await play(scene, queued(lockedOut));

  sayTitle('UEM sends one of these events again: nobody is signed out a second time');
  for (const scene of fallen.slice(1, 2)) await play({ ...scene, event: 'the same once more' }, { result: 'duplicate', effect: 'nothing: known already' });

  sayTitle('A device flaps while the relay is at work: what counts is what UEM said last');
  told.push(...(await playFlapping(stage, linus.devices.iphone)));
  okta.signIn(linus.okta.id);

  sayTitle('An event that was held up on its way arrives a minute late');
  const late = { device: linus.devices.iphone, event: 'NonCompliant, late', body: bodyOf(linus.devices.iphone, 'NonCompliant', aMinuteAgo()) };
  await play(late, { result: 'stale', effect: 'nothing: outdated' });

  sayTitle('An administrator had suspended a device in Okta: that is not for the relay to undo');
  okta.setDeviceStatus(linus.devices.mac.okta.id, 'SUSPENDED');
  await play(says(linus.devices.mac, 'NonCompliant'), queued('signed out'));
  await play(says(linus.devices.mac, 'Compliant'), queued(notOurs));

  sayTitle('The four devices comply again, and their people sign in');
  for (const { device } of fallen) await play(says(device, 'Compliant'), queued(letIn));
  for (const person of [ada, alan, grace, katherine]) okta.signIn(person.okta.id);

  sayTitle('A device is deleted in UEM, which then sends null as its platform and its compliance');
  const { android } = katherine.devices;
  await play({ device: android, event: 'deleted, with nulls', body: deleteBody({ ...android.uem, eventTime: now() }) }, queued(lockedOut));
  return told;
}

function castOf({ company: { person } }: Stage) {
  return [
    person('ada.lovelace@example.com'),
    person('alan.turing@example.com'),
    person('grace.hopper@example.com'),
    person('katherine.johnson@example.com'),
    person('linus.torvalds@example.com'),
  ] as const;
}

/** How the relay and its console call a device. */
export function keyOf({ uem: { platform, udid, serialNumber } }: CompanyDevice): string {
  const desktop = platform === 'windows' || platform === 'mac';
  return deviceKeys({ deviceClass: desktop ? 'desktop' : 'mobile', udid, serialNumber })[0] ?? '';
}

let lastTime = 0;

/** The present, later than any time before: two events of one device never carry the same. */
function now(): Date {
  lastTime = Math.max(Date.now(), lastTime + 1);
  return new Date(lastTime);
}

const aMinuteAgo = () => new Date(Date.now() - 60_000);
const bodyOf = (device: CompanyDevice, complianceStatus: string, eventTime: Date) => device.event({ complianceStatus, eventTime });

function says(device: CompanyDevice, complianceStatus: 'NonCompliant' | 'Compliant'): Scene {
  return { device, event: complianceStatus, body: bodyOf(device, complianceStatus, now()) };
}

async function playScene({ send, consoleUrl, signal }: Stage, scene: Scene, expected: Expected): Promise<Told> {
  const { result, eventId } = await send(scene.body);
  const view = result === 'queued' ? await enforcedDevice(consoleUrl, keyOf(scene.device), signal) : undefined;
  const run = view?.runs[0];
  const effect = run ? effectOf(run) : expected.effect;
  sayRow({ ...rowOf(scene, result), effect, ...timesOf(run) });
  return { ...scene, expected, eventId, result, effect };
}

/** The second event is sent when the first one's suspension is on its way to Okta. */
async function playFlapping({ send, okta, consoleUrl, signal }: Stage, device: CompanyDevice): Promise<Told[]> {
  const suspension = okta.onRequest(({ operation, path }) => operation === 'suspendDevice' && path.includes(device.okta.id));
  const told: Told[] = [];
  const play = async (scene: Scene) => {
    const { result, eventId } = await send(scene.body);
    told.push({ ...scene, expected: queued(''), eventId, result, effect: '' });
    if (told.length < 4) sayRow({ ...rowOf(scene, result), effect: '', ...timesOf(undefined) });
  };
  await play(says(device, 'NonCompliant'));
  await within(signal, 'Okta is asked to suspend the flapping device', suspension);
  await play(says(device, 'Compliant'));
  await play(says(device, 'NonCompliant'));
  await play(says(device, 'Compliant'));
  const { runs } = await enforcedDevice(consoleUrl, keyOf(device), signal);
  for (const last of told.slice(-1)) {
    last.expected.effect = letIn;
    last.effect = runs.some(didUnsuspend) ? letIn : `${runs[0]?.outcome}`;
    sayRow({ ...rowOf(last, last.result), effect: `${last.effect}, ${runs.length} runs`, ...timesOf(runs.find(didUnsuspend)) });
  }
  return told;
}

function rowOf({ device, event }: Scene, answer: string): Pick<Row, 'who' | 'device' | 'event' | 'answer'> {
  return { who: device.uem.userName, device: productNames[device.uem.platform], event, answer };
}

const productNames = { iphone: 'iPhone', windows: 'Windows', mac: 'Mac', android: 'Android' } as const;

const end = ({ startedAt, durationMs }: Step) => startedAt + durationMs;
const did = (run: Run, operation: string) => run.steps.filter((step) => step.operation === operation && ['suspended', 'revoked', 'active'].includes(step.result));
const didUnsuspend = (run: Run) => did(run, 'unsuspendDevice').length > 0;

/** What a run did, as its record shows it. */
function effectOf(run: Run): string {
  const signedOut = did(run, 'revokeUserSessions').length > 0 && did(run, 'revokeSignInSessions').length > 0;
  if (did(run, 'suspendDevice').length > 0) return signedOut ? lockedOut : 'suspended only';
  if (signedOut) return 'signed out';
  if (didUnsuspend(run)) return letIn;
  return run.outcome === 'not_ours' ? notOurs : run.outcome;
}

/** Milliseconds from the arrival of the webhook to the end of the last call of each kind. */
function timesOf(run: Run | undefined): Pick<Row, 'deviceMs' | 'oktaMs' | 'entraMs'> {
  const after = (...operations: string[]) => {
    const ends = run ? operations.flatMap((operation) => did(run, operation).map(end)) : [];
    const receivedAt = run?.exposure.receivedAt ?? null;
    return receivedAt === null || ends.length === 0 ? null : Math.max(...ends) - receivedAt;
  };
  return { deviceMs: after('suspendDevice', 'unsuspendDevice'), oktaMs: after('revokeUserSessions'), entraMs: after('revokeSignInSessions') };
}

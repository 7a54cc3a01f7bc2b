import { channel } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';
import type { HttpDouble, RecordedRequest } from '../sandbox/http-double.js';
import { uemBody } from '../sandbox/uem.js';
import { deviceNumber } from './device.js';
import type { Figure } from './figure.js';
import { authorization } from './send-load.js';
import { benchToken, type Stage } from './stage.js';
import { median, quantile } from './statistics.js';
import type { Subject } from './subject.js';
import { warmIndex } from './warm-index.js';
import { allEnforced, allSignedOut, sendWave } from './waves.js';

const upstreamMs = 100;
const gapMs = 100;
const lockedOutWithinMs = 30_000;

type OktaCall = 'listDevices' | 'suspendDevice' | 'revokeUserSessions';

/** The calls at Okta that a lock-out takes one after the other, and within how many milliseconds it is wanted to get through. */
type Path = { warm: boolean; name: string; calls: readonly OktaCall[]; suspensionMs: { p50: number; p99?: number }; lastRevocationMs: { p50: number } };

const throughLookUp: Path = {
  warm: false,
  name: '',
  calls: ['listDevices', 'suspendDevice', 'revokeUserSessions'],
  suspensionMs: { p50: 106, p99: 130 },
  lastRevocationMs: { p50: 312 },
};
const throughIndex: Path = {
  warm: true,
  name: ', index warm',
  calls: ['suspendDevice', 'revokeUserSessions'],
  suspensionMs: { p50: 8 },
  lastRevocationMs: { p50: 212 },
};

type Sample = { suspensionMs: number; lastRevocationMs: number; oktaMs: Record<OktaCall, number>; oktaCalls: number; graphCalls: number; tokenCalls: number };

/**
 * From the moment a webhook is sent to the arrival of the suspension at Okta and of the last revocation at Entra ID, where every call of
 * either takes 100 ms; and which calls that were. One device after the other, with tokens in hand and a pause in between, by
 * processes that have locked out hundreds of devices before.
 */
export async function measureLatency(stage: Stage): Promise<Figure[]> {
  return figures(await lockOutAll(stage, throughLookUp, () => startRelay(stage)), throughLookUp);
}

/** The same for devices that a sweep has found at Okta before: they are suspended without being looked up. */
export async function measureWarmLatency(stage: Stage): Promise<Figure[]> {
  return figures(await lockOutAll(stage, throughIndex, () => startRelay(stage)), throughIndex);
}

/**
 * The same way as `measureLatency`'s, by a relay that does nothing but make the calls: what this machine takes for it. On the machine of the
 * figures that are wanted such a relay had a suspension arrive after 105 ms.
 */
export async function measurePlainLatency(stage: Stage): Promise<Figure[]> {
  const samples = await lockOutAll(stage, throughLookUp, () => stage.start('plain', { OKTA_API_TOKEN: benchToken }));
  const at = `a plain BullMQ relay at ${upstreamMs} ms per call: webhook to`;
  return [
    { what: `${at} suspension, p50`, unit: 'ms', measured: median(samples.map(({ suspensionMs }) => suspensionMs)) },
    { what: '  of which that relay, not waiting for the double, p50', unit: 'ms', measured: median(samples.map(({ suspensionMs, oktaMs }) => suspensionMs - oktaMs.listDevices)) },
    { what: `${at} last revocation, p50`, unit: 'ms', measured: median(samples.map(({ lastRevocationMs }) => lastRevocationMs)) },
  ];
}

/** Starts the relay; returns the process that takes webhooks. */
async function startRelay(stage: Stage): Promise<Subject> {
  const [receiver] = await Promise.all([stage.start('receiver'), stage.start('workers')]);
  return receiver;
}

async function lockOutAll(stage: Stage, path: Path, start: () => Promise<Subject>): Promise<Sample[]> {
  const { plan, okta, entra } = stage;
  const singles = plan.warmUpSamples + plan.samples;
  stage.enrol(singles + plan.lockOuts);
  if (path.warm) await warmIndex(stage);
  const receiver = await start();
  await sendWave(stage, receiver, { firstDevice: singles, count: plan.lockOuts, complianceStatus: 'NonCompliant' });
  await allSignedOut(stage, plan.lockOuts);
  await allEnforced(stage);
  for (const double of [okta, entra]) double.order({ fault: { kind: 'delay', ms: upstreamMs } });
  const samples: Sample[] = [];
  const sender = new Client(receiver.url);
  for (const [n, oktaId] of stage.oktaIds.slice(0, singles).entries()) {
    samples.push(await lockOut(stage, sender, { n, oktaId, path }));
    await delay(gapMs);
  }
  await sender.close();
  return samples.slice(plan.warmUpSamples);
}

async function lockOut({ okta, entra }: Stage, sender: Client, { n, oktaId, path: { calls } }: { n: number; oktaId: string; path: Path }): Promise<Sample> {
  const device = deviceNumber(n);
  const before = { okta: okta.requests.length, entra: entra.requests.length };
  const suspended = okta.onRequest(({ operation, path }) => operation === 'suspendDevice' && path.includes(oktaId));
  const isLast = ({ operation, path }: RecordedRequest) => operation === 'revokeSignInSessions' && decodeURIComponent(path).includes(device.email);
  const revoked = entra.onRequest(isLast);
  const took = Promise.all(calls.map(async (operation) => [operation, await durationAtDouble(okta, operation)] as const));
  const body = JSON.stringify(uemBody({ ...device, complianceStatus: 'NonCompliant' }));
  const leaving = nextRequestLeaves();
  const answer = await sender.request({ method: 'POST', path: '/webhooks/uem', headers: { authorization, 'content-type': 'application/json' }, body });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`The receiver answered ${answer.statusCode}.`);
  const inTime = delay(lockedOutWithinMs, null, { ref: false }).then(() => {
    throw new Error(`Device ${n} was not locked out in time.`);
  });
  const [suspension, lastRevocation] = await Promise.race([Promise.all([suspended, revoked]), inTime]);
  const sentAt = await leaving;
  await entra.onRequest((request) => isLast(request) && request.status !== null);
  const oktaMs = { listDevices: 0, suspendDevice: 0, revokeUserSessions: 0, ...Object.fromEntries(await took) };
  const atOkta = okta.requests.slice(before.okta);
  const atEntra = entra.requests.slice(before.entra);
  // A minute after a lock-out its device is looked up again: such a search is not this device's.
  const isAboutAnother = ({ operation, path }: RecordedRequest) => operation === 'listDevices' && !decodeURIComponent(path).includes(device.udid);
  return {
    suspensionMs: suspension.arrivedAt - sentAt,
    lastRevocationMs: lastRevocation.arrivedAt - sentAt,
    oktaMs,
    oktaCalls: atOkta.filter((request) => !isToken(request) && !isAboutAnother(request)).length,
    graphCalls: atEntra.filter((request) => !isToken(request)).length,
    tokenCalls: [...atOkta, ...atEntra].filter(isToken).length,
  };
}

/** How long the double takes for the next call of this operation, from its arrival to its answer: its delay and its own work. */
async function durationAtDouble(double: HttpDouble, operation: OktaCall): Promise<number> {
  const known = new Set(double.calls(operation));
  const call = await double.onRequest((request) => request.operation === operation && !known.has(request));
  await double.onRequest((request) => request === call && request.status !== null);
  return performance.now() - call.arrivedAt;
}

const headersSent = channel('undici:client:sendHeaders');

/** When undici puts the next request on the wire, milliseconds of `performance.now()`: what it does before that is not the relay's. */
async function nextRequestLeaves(): Promise<number> {
  return await new Promise((resolve) => {
    const onSent = () => {
      resolve(performance.now());
      headersSent.unsubscribe(onSent);
    };
    headersSent.subscribe(onSent);
  });
}

function isToken({ operation }: RecordedRequest): boolean {
  return operation === 'token' || operation === 'metadata';
}

function figures(samples: Sample[], path: Path): Figure[] {
  const suspension = samples.map(({ suspensionMs }) => suspensionMs);
  const lastRevocation = samples.map(({ lastRevocationMs }) => lastRevocationMs);
  const ownToSuspension = samples.map(({ suspensionMs, oktaMs }) => suspensionMs - oktaMs.listDevices);
  const ownToLastRevocation = samples.map(({ lastRevocationMs, oktaMs }) => path.calls.reduce((left, call) => left - oktaMs[call], lastRevocationMs));
  const at = `at ${upstreamMs} ms per call${path.name}`;
  return [
    { what: `webhook to suspension ${at}, p50`, unit: 'ms', measured: median(suspension), wanted: { atMost: path.suspensionMs.p50 } },
    { what: `webhook to suspension ${at}, p99`, unit: 'ms', measured: quantile(suspension, 0.99), ...(path.suspensionMs.p99 === undefined ? {} : { wanted: { atMost: path.suspensionMs.p99 } }) },
    { what: '  of which the relay, not waiting for the double, p50', unit: 'ms', measured: median(ownToSuspension) },
    { what: `webhook to last revocation ${at}, p50`, unit: 'ms', measured: median(lastRevocation), wanted: { atMost: path.lastRevocationMs.p50 } },
    { what: `webhook to last revocation ${at}, p99`, unit: 'ms', measured: quantile(lastRevocation, 0.99) },
    { what: '  of which the relay, not waiting for the double, p50', unit: 'ms', measured: median(ownToLastRevocation) },
    { what: `calls per lock-out${path.name}, Okta, most`, unit: '', measured: Math.max(...samples.map(({ oktaCalls }) => oktaCalls)), wanted: { exactly: path.calls.length } },
    { what: `calls per lock-out${path.name}, Microsoft Graph, most`, unit: '', measured: Math.max(...samples.map(({ graphCalls }) => graphCalls)), wanted: { exactly: 1 } },
    { what: 'token calls on the way, all lock-outs', unit: '', measured: samples.reduce((sum, { tokenCalls }) => sum + tokenCalls, 0), wanted: { exactly: 0 } },
  ];
}

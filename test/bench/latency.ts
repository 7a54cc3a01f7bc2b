import { setTimeout as delay } from 'node:timers/promises';
import { webhookCredentials } from '../scenarios/environment.js';
import type { HttpDouble, RecordedRequest } from '../sandbox/http-double.js';
import { sendWebhook, uemBody } from '../sandbox/uem.js';
import { deviceNumber } from './device.js';
import type { Figure } from './figure.js';
import type { Stage } from './stage.js';
import { median, quantile } from './statistics.js';

const upstreamMs = 100;
const gapMs = 100;
const lockedOutWithinMs = 30_000;
const callsAtOkta = ['listDevices', 'suspendDevice', 'revokeUserSessions'] as const;

type OktaCall = (typeof callsAtOkta)[number];

type Sample = { suspensionMs: number; lastRevocationMs: number; oktaMs: Record<OktaCall, number>; oktaCalls: number; graphCalls: number; tokenCalls: number };

/**
 * From the moment a webhook is sent to the arrival of the suspension at Okta and of the last revocation at Entra ID, where every call of
 * either takes 100 ms; and which calls that were. One device after the other, with tokens in hand and a pause in between.
 */
export async function measureLatency(stage: Stage): Promise<Figure[]> {
  const { plan, okta, entra } = stage;
  const ids = stage.enrol(0, plan.warmUpSamples + plan.samples);
  const [{ url }] = await Promise.all([stage.start('receiver'), stage.start('workers')]);
  for (const double of [okta, entra]) double.order({ fault: { kind: 'delay', ms: upstreamMs } });
  const samples: Sample[] = [];
  for (const [n, oktaId] of ids.entries()) {
    samples.push(await lockOut(stage, url, { n, oktaId }));
    await delay(gapMs);
  }
  return figures(samples.slice(plan.warmUpSamples));
}

async function lockOut({ okta, entra }: Stage, url: string, { n, oktaId }: { n: number; oktaId: string }): Promise<Sample> {
  const device = deviceNumber(n);
  const before = { okta: okta.requests.length, entra: entra.requests.length };
  const suspended = okta.onRequest(({ operation, path }) => operation === 'suspendDevice' && path.includes(oktaId)).then(() => performance.now());
  const isLast = ({ operation, path }: RecordedRequest) => operation === 'revokeSignInSessions' && decodeURIComponent(path).includes(device.email);
  const revoked = entra.onRequest(isLast).then(() => performance.now());
  const took = Promise.all(callsAtOkta.map(async (operation) => [operation, await durationAtDouble(okta, operation)] as const));
  const body = uemBody({ ...device, complianceStatus: 'NonCompliant' });
  const sentAt = performance.now();
  const answer = await sendWebhook(url, body, webhookCredentials);
  if (answer.status !== 200) throw new Error(`The receiver answered ${answer.status}.`);
  const inTime = delay(lockedOutWithinMs, null, { ref: false }).then(() => {
    throw new Error(`Device ${n} was not locked out in time.`);
  });
  const [suspendedAt, revokedAt] = await Promise.race([Promise.all([suspended, revoked]), inTime]);
  await entra.onRequest((request) => isLast(request) && request.status !== null);
  const oktaMs = { listDevices: 0, suspendDevice: 0, revokeUserSessions: 0, ...Object.fromEntries(await took) };
  const atOkta = okta.requests.slice(before.okta);
  const atEntra = entra.requests.slice(before.entra);
  // A minute after a lock-out its device is looked up again: such a search is not this device's.
  const isAboutAnother = ({ operation, path }: RecordedRequest) => operation === 'listDevices' && !decodeURIComponent(path).includes(device.udid);
  return {
    suspensionMs: suspendedAt - sentAt,
    lastRevocationMs: revokedAt - sentAt,
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
  const arrivedAt = performance.now();
  await double.onRequest((request) => request === call && request.status !== null);
  return performance.now() - arrivedAt;
}

function isToken({ operation }: RecordedRequest): boolean {
  return operation === 'token' || operation === 'metadata';
}

function figures(samples: Sample[]): Figure[] {
  const suspension = samples.map(({ suspensionMs }) => suspensionMs);
  const lastRevocation = samples.map(({ lastRevocationMs }) => lastRevocationMs);
  const ownToSuspension = samples.map(({ suspensionMs, oktaMs }) => suspensionMs - oktaMs.listDevices);
  const ownToLastRevocation = samples.map(({ lastRevocationMs, oktaMs }) => callsAtOkta.reduce((left, call) => left - oktaMs[call], lastRevocationMs));
  const at = `at ${upstreamMs} ms per call`;
  return [
    { what: `webhook to suspension ${at}, p50`, unit: 'ms', measured: median(suspension), wanted: { atMost: 106 } },
    { what: `webhook to suspension ${at}, p99`, unit: 'ms', measured: quantile(suspension, 0.99), wanted: { atMost: 130 } },
    { what: '  of which the relay, not waiting for the double, p50', unit: 'ms', measured: median(ownToSuspension) },
    { what: `webhook to last revocation ${at}, p50`, unit: 'ms', measured: median(lastRevocation), wanted: { atMost: 312 } },
    { what: `webhook to last revocation ${at}, p99`, unit: 'ms', measured: quantile(lastRevocation, 0.99) },
    { what: '  of which the relay, not waiting for the double, p50', unit: 'ms', measured: median(ownToLastRevocation) },
    { what: 'calls per lock-out, Okta, most', unit: '', measured: Math.max(...samples.map(({ oktaCalls }) => oktaCalls)), wanted: { exactly: 3 } },
    { what: 'calls per lock-out, Microsoft Graph, most', unit: '', measured: Math.max(...samples.map(({ graphCalls }) => graphCalls)), wanted: { exactly: 1 } },
    { what: 'token calls on the way, all lock-outs', unit: '', measured: samples.reduce((sum, { tokenCalls }) => sum + tokenCalls, 0), wanted: { exactly: 0 } },
  ];
}

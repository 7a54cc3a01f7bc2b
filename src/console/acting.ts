import express, { Router, type RequestHandler } from 'express';
import { z } from 'zod';
import type { DeviceKey } from '../compliance/device.js';
import type { OperatorFact } from '../compliance/facts.js';
import { modeOf } from '../store/keys.js';
import type { Shown } from './decide.js';
import type { Desk, Order } from './desk.js';
import { discardFailures, replay } from './failures.js';
import { findKeys } from './find-keys.js';
import { discardHeld, releaseHeld, resetSafeguards } from './held.js';
import { override } from './override.js';
import { pause, resume } from './pause.js';
import { unknownDevice } from './reading.js';
import { orderOf, parse, requireJson, Unacceptable } from './request.js';
import { orderReconciliation } from './sweeps.js';

/** 500 keys of 200 characters and more, each twice. */
const bodyLimit = 256 * 1024;
/** Longer than that a device is no matter of on-call, but of the policy (an exemption). */
const longestOverrideMinutes = 30 * 24 * 60;

const reason = z.string({ error: 'is required: say why' }).trim().min(1, 'is required: say why').max(500);
const reasonSchema = z.object({ reason });
const manySchema = z.object({
  keys: z.array(z.string().min(1), { error: 'must be a list of device keys' }).min(1, 'must name a device').max(500, 'must name at most 500 devices'),
  /** By key what whoever decides was shown: a device that has another generation since is left as it is. */
  generations: z.record(z.string(), z.number({ error: 'must be the generation that was listed' }).int()).default({}),
  reason,
});
const dryRun = z.boolean({ error: 'must be true or false' }).default(false);
const sweepSchema = z.object({ reason, dryRun, acceptShrunk: z.boolean({ error: 'must be true or false' }).default(false) });
const adoptSchema = z.object({ reason, dryRun, actor: z.string({ error: 'must be the id of an app (0oa...) or of a user (00u...)' }).regex(/^\w{8,100}$/, 'must be the id of an app (0oa...) or of a user (00u...)') });
const rebuildSchema = z.object({ reason, dryRun });
const overrideSchema = z.object({
  reason,
  forMinutes: z.number({ error: 'must be a number of minutes' }).positive().max(longestOverrideMinutes),
});

/** Everything that on-call has the relay do. Each order needs a reason, and is written to the audit before it is carried out. */
export function actingRoutes(desk: Desk): Router {
  const router = Router();
  router.use(['/held', '/failures', '/devices', '/pause', '/sweeps', '/adopt', '/ledger'], onlyActing(requireJson), onlyActing(express.json({ limit: bodyLimit })));
  router.post('/held/release', onMany(desk, releaseHeld));
  router.post('/held/discard', onMany(desk, discardHeld));
  router.post('/failures/replay', onMany(desk, replay));
  router.post('/failures/discard', onMany(desk, discardFailures));
  router.post('/held/reset', onEverything(async (order) => ({ reset: await resetSafeguards(desk, order) })));
  router.put('/pause', onEverything(async (order) => ({ pause: await pause(desk, order) })));
  router.delete('/pause', onEverything(async (order) => ({ resumed: await resume(desk, order) })));
  router.post('/devices/:query/lock', onOne(desk, 'locked'));
  router.post('/devices/:query/unlock', onOne(desk, 'unlocked'));
  router.post('/sweeps', async (request, response) => {
    const { reason: why, ...what } = parse(sweepSchema, request.body);
    response.json({ id: await orderReconciliation(desk, orderOf(request, why), { name: 'sweep', ...what }) });
  });
  router.post('/adopt', async (request, response) => {
    const { reason: why, ...what } = parse(adoptSchema, request.body);
    response.json({ id: await orderReconciliation(desk, orderOf(request, why), { name: 'adopt', ...what }) });
  });
  router.post('/ledger/rebuild', async (request, response) => {
    const { reason: why, ...what } = parse(rebuildSchema, request.body);
    response.json({ id: await orderReconciliation(desk, orderOf(request, why), { name: 'adopt', actor: null, ...what }) });
  });
  return router;
}

function onlyActing(handler: RequestHandler): RequestHandler {
  return (request, response, next) => (request.method === 'GET' || request.method === 'HEAD' ? next() : void handler(request, response, next));
}

/** Answers with the keys that were acted on: the others were not, or no longer, in that state. */
function onMany(desk: Desk, act: (desk: Desk, shown: Shown[], order: Order) => Promise<DeviceKey[]>): RequestHandler {
  return async (request, response) => {
    const { keys, generations, reason: why } = parse(manySchema, request.body);
    const shown = [...new Set(keys)].map((key) => ({ key, generation: generations[key] ?? null }));
    response.json({ keys: await act(desk, shown, orderOf(request, why)) });
  };
}

function onEverything(act: (order: Order) => Promise<object>): RequestHandler {
  return async (request, response) => void response.json(await act(orderOf(request, parse(reasonSchema, request.body).reason)));
}

/** A person with several devices must be asked which: nobody is locked by guess. */
function onOne(desk: Desk, state: OperatorFact['state']): RequestHandler<{ query: string }> {
  return async (request, response) => {
    const { reason: why, forMinutes } = parse(overrideSchema, request.body);
    const keys = await findKeys(desk.redis, desk.prefix, request.params.query);
    const [key, ...others] = keys;
    if (key === undefined) throw new Unacceptable(unknownDevice);
    if (others.length > 0) throw new Unacceptable({ status: 409, title: 'Several devices', detail: `Give the key of one of them: ${keys.join(', ')}` });
    const untilMs = await override(desk, key, { ...orderOf(request, why), state, forMs: forMinutes * 60_000 });
    if (untilMs === null) throw new Unacceptable(unknownDevice);
    response.json({ key, state, untilMs, mode: modeOf(desk.prefix) });
  };
}

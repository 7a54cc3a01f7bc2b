import { Router } from 'express';
import { z } from 'zod';
import { newestAudit } from '../store/audit.js';
import { newestEvents } from '../store/events.js';
import { readPause } from '../store/pause.js';
import { policyInForce } from '../store/policy.js';
import { newestRuns } from '../store/runs.js';
import type { Desk } from './desk.js';
import { listDevices, listedStandings } from './device-list.js';
import { describeDevice } from './device-view.js';
import { failureFilterSchema, listFailures } from './failures.js';
import { findKeys } from './find-keys.js';
import { heldFilterSchema, listHeld } from './held.js';
import { parse, Unacceptable } from './request.js';
import { shadowReport } from './shadow-report.js';
import { describeStatus } from './status-view.js';
import { findSweep, listSweeps } from './sweeps.js';

const limit = z.coerce.number({ error: 'must be a number' }).int().min(1).max(1_000).default(50);
const limitSchema = z.object({ limit });
const eventsSchema = z.object({ limit, refused: z.enum(['', 'true', 'false'], { error: 'must be true or false' }).transform((text) => text !== 'false').default(false) });
const sinceSchema = z.object({ since: z.coerce.number({ error: 'must be a moment in milliseconds since 1970' }).int().min(0).default(0) });
const devicesSchema = z.object({ state: z.enum(listedStandings, { error: `must be one of ${listedStandings.join(', ')}` }) });

/** Everything that on-call looks at; nothing here changes anything. */
export function readingRoutes(desk: Desk): Router {
  const { redis, prefix } = desk;
  const router = Router();
  router.get('/status', async (_request, response) => void response.json(await describeStatus(desk)));
  router.get('/devices', async (request, response) => void response.json(await listDevices(desk, parse(devicesSchema, request.query).state)));
  router.get('/devices/:query', async (request, response) => {
    const devices = await Promise.all((await findKeys(redis, prefix, request.params.query)).map((key) => describeDevice(desk, key)));
    if (devices.length === 0) throw new Unacceptable(unknownDevice);
    response.json({ devices: devices.filter((device) => device !== null) });
  });
  router.get('/held', async (request, response) => void response.json(await listHeld(desk, parse(heldFilterSchema, request.query))));
  router.get('/failures', async (request, response) => void response.json(await listFailures(desk, parse(failureFilterSchema, request.query))));
  router.get('/pause', async (_request, response) => void response.json({ pause: await readPause(redis, prefix) }));
  router.get('/runs', async (request, response) => void response.json({ runs: await newestRuns(redis, prefix, parse(limitSchema, request.query).limit) }));
  router.get('/events', async (request, response) => void response.json({ events: await newestEvents(redis, prefix, parse(eventsSchema, request.query)) }));
  router.get('/audit', async (request, response) => void response.json({ entries: await newestAudit(redis, prefix, parse(limitSchema, request.query).limit) }));
  router.get('/policy', async (_request, response) => void response.json({ policy: await policyInForce(redis, prefix) }));
  router.get('/shadow', async (request, response) => void response.json(await shadowReport(desk, parse(sinceSchema, request.query).since)));
  router.get('/sweeps', async (_request, response) => void response.json(await listSweeps(desk)));
  router.get('/sweeps/:id', async (request, response) => {
    const sweep = await findSweep(desk, request.params.id);
    if (sweep === null) throw new Unacceptable(unknownSweep);
    response.json(sweep);
  });
  return router;
}

const unknownSweep = { status: 404, title: 'Unknown sweep', detail: 'The newest 20 are kept. If it has just run, see the log of the workers.' };

/** Nobody has told the relay anything about what the caller asks for. */
export const unknownDevice = {
  status: 404,
  title: 'Unknown device',
  detail: 'Nothing is known about it. Give a key, a UDID, a serial number or an e-mail address.',
};

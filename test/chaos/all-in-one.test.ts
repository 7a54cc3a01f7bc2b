import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { RelayProcess } from './process.js';
import { within, withRelay, type Relay } from './relay.js';

const graceMs = 25_000;

describe('the relay in one process, with a Redis of its own', () => {
  test.concurrent('ends on SIGTERM in the midst of work, its Redis with it, however long a caller stays silent, and goes on where it stopped', async () => {
    await withDataDir({ headcount: 6 }, async (relay, start) => {
      relay.okta.order({ operation: 'suspendDevice', fault: { kind: 'delay', ms: 3_000 }, times: 24 });
      const first = start();
      const [url, redis] = await Promise.all([first.url(), redisOf(first)]);
      const { devices } = relay.company;
      const silent = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
      await once(silent, 'connect');
      const answers = await Promise.all(devices.map((device) => relay.send(url, device.event({ complianceStatus: 'NonCompliant' }))));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      await relay.oktaWasAsked('suspendDevice');
      const askedAt = Date.now();
      expect(await first.end('SIGTERM')).toEqual({ code: 0, signal: null });
      silent.destroy();
      expect(Date.now() - askedAt).toBeLessThan(graceMs);
      expect(isAlive(redis)).toBe(false);
      expect(relay.okta.calls('revokeUserSessions').length).toBeLessThan(devices.length / 2);
      const second = start();
      await lockedOut(relay);
      expect(relay.okta.calls('suspendDevice')).toHaveLength(devices.length);
      expect(await second.end('SIGTERM')).toEqual({ code: 0, signal: null });
    });
  });

  test.concurrent('ends in order on Ctrl-C in the midst of work, which a terminal sends to its Redis too', async () => {
    await withDataDir({}, async (relay, start) => {
      relay.okta.order({ operation: 'suspendDevice', fault: { kind: 'delay', ms: 800 } });
      const relayProcess = start({ ownGroup: true });
      const [url, redis] = await Promise.all([relayProcess.url(), redisOf(relayProcess)]);
      await relay.send(url, relay.company.devices[0]!.event({ complianceStatus: 'NonCompliant' }));
      await relay.oktaWasAsked('suspendDevice');
      process.kill(-relayProcess.pid, 'SIGINT');
      expect(await within('the end', relayProcess.exited)).toEqual({ code: 0, signal: null });
      expect(relayProcess.output()).not.toContain('Redis connection');
      expect(isAlive(redis)).toBe(false);
    });
  });

  test.concurrent('brings its Redis back when that was killed, and what was accepted is enforced', async () => {
    await withDataDir({}, async (relay, start) => {
      const { device, relayProcess, redis } = await lockingOut(relay, start);
      process.kill(redis, 'SIGKILL');
      expect(await relayProcess.line('ended by itself')).toMatchObject({ alert: 'redis_ended', how: 'SIGKILL' });
      const { pid } = await relayProcess.line('Redis started again');
      await relayProcess.line('"outcome":"done"');
      expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
      expect(await relayProcess.end('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(isAlive(z.number().parse(pid))).toBe(false);
    });
  });

  test.concurrent('says why its Redis cannot come back, accepts nothing meanwhile, and goes on once it can', async () => {
    await withDataDir({}, async (relay, start, dataDir) => {
      const { device, relayProcess, redis } = await lockingOut(relay, start);
      const url = await relayProcess.url();
      const [appendOnly, aside] = [join(dataDir, 'redis', 'appendonlydir'), join(dataDir, 'aside')];
      await rename(appendOnly, aside);
      await writeFile(appendOnly, 'no folder');
      process.kill(redis, 'SIGKILL');
      expect(await relayProcess.line('cannot be started')).toMatchObject({ alert: 'redis_lost', error: { message: expect.stringContaining('appendonlydir') } });
      expect(await relay.send(url, device.event({ complianceStatus: 'Compliant' }))).toMatchObject({ status: 503 });
      await rm(appendOnly);
      await rename(aside, appendOnly);
      await relayProcess.line('Redis started again');
      await relayProcess.line('"outcome":"done"');
      expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
      expect(await relayProcess.end('SIGTERM')).toEqual({ code: 0, signal: null });
    });
  });

  test.concurrent('listens to UEM although its Redis is away when it starts, and says 503', async () => {
    await withRelay({}, async (relay) => {
      await relay.redis.kill9();
      const relayProcess = relay.start('relay');
      const answer = await relay.send(await relayProcess.url(), relay.company.devices[0]!.event({ complianceStatus: 'NonCompliant' }));
      expect(answer).toMatchObject({ status: 503 });
      expect(await relayProcess.end('SIGTERM')).toMatchObject({ signal: null });
    });
  });

  test.concurrent('ends on SIGTERM while it starts, its Redis with it', async () => {
    await withDataDir({}, async (_relay, start) => {
      const relayProcess = start();
      const redis = await redisOf(relayProcess);
      expect(await relayProcess.end('SIGTERM')).toMatchObject({ signal: null });
      expect(isAlive(redis)).toBe(false);
    });
  });
});

type Start = (options?: { ownGroup?: boolean }) => RelayProcess;
type Story = (relay: Relay, start: Start, dataDir: string) => Promise<void>;

/** A relay that has accepted an event, and Okta takes its time to answer the suspension. */
async function lockingOut(relay: Relay, start: Start) {
  relay.okta.order({ operation: 'suspendDevice', fault: { kind: 'delay', ms: 1_000 } });
  const relayProcess = start();
  const [url, redis] = await Promise.all([relayProcess.url(), redisOf(relayProcess)]);
  const device = relay.company.devices[0]!;
  expect(await relay.send(url, device.event({ complianceStatus: 'NonCompliant' }))).toMatchObject({ status: 200 });
  await relay.oktaWasAsked('suspendDevice');
  return { device, relayProcess, redis };
}

async function withDataDir(options: { headcount?: number }, story: Story): Promise<void> {
  const dataDirs: string[] = [];
  try {
    await withRelay(options, async (relay) => {
      const dataDir = await mkdtemp(join(tmpdir(), 'posture-relay-data-'));
      dataDirs.push(dataDir);
      await story(relay, (how = {}) => relay.start('relay', { REDIS_URL: '', DATA_DIR: dataDir }, how), dataDir);
    });
  } finally {
    await Promise.all(dataDirs.map((dataDir) => rm(dataDir, { recursive: true, force: true })));
  }
}

async function redisOf(relay: RelayProcess): Promise<number> {
  return z.number().parse((await relay.line('private Redis started'))['pid']);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Every device is suspended, and everybody was signed out of Entra ID, which is the last step of a lock-out. */
async function lockedOut({ company, okta, entra }: Relay): Promise<void> {
  const isDone = () =>
    company.devices.every((device) => okta.device(device.okta.id).status === 'SUSPENDED') &&
    company.people.every((person) => entra.signInSessions(person.entra.id).length > 0);
  await within('everything is locked', entra.onRequest(({ status }) => status !== null && isDone()));
}

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
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

async function withDataDir(options: { headcount?: number }, story: (relay: Relay, start: Start) => Promise<void>): Promise<void> {
  const dataDirs: string[] = [];
  try {
    await withRelay(options, async (relay) => {
      const dataDir = await mkdtemp(join(tmpdir(), 'posture-relay-data-'));
      dataDirs.push(dataDir);
      await story(relay, (how = {}) => relay.start('relay', { REDIS_URL: '', DATA_DIR: dataDir }, how));
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

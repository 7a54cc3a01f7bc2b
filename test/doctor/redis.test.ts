import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { writeSettings } from '../../src/store/redis-settings.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { checkOf, impatient, skippedAll, startDoctorSubject, type DoctorSubject } from './subject.js';

let subject: DoctorSubject;

beforeAll(async () => {
  subject = await startDoctorSubject();
});
afterEach(() => subject.heal());
afterAll(() => subject.stop());

/** Makes a Redis a replica of the subject's, and waits until it has copied everything. */
async function follow(replica: TestRedis, { redis, client: master }: DoctorSubject): Promise<void> {
  const client = replica.connect();
  const { port, password } = new URL(redis.url);
  await master.config('SET', 'repl-diskless-sync-delay', '0');
  await client.config('SET', 'masterauth', password);
  await client.replicaof('127.0.0.1', port);
  while (!(await client.info('replication')).includes('master_link_status:up')) await client.ping();
}

describe('Redis', () => {
  test('without an AOF fails that check only', async () => {
    await subject.client.config('SET', 'appendonly', 'no');
    expect(await subject.trouble()).toEqual({ redis_aof: 'fail' });
  });

  test('that may evict fails that check only', async () => {
    await subject.client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await subject.trouble()).toEqual({ redis_eviction: 'fail' });
  });

  test('that is a read-only replica fails that check only, because it takes no event', async () => {
    const replica = await startTestRedis();
    try {
      await follow(replica, subject);
      expect(await subject.trouble({ REDIS_URL: replica.url })).toEqual({ redis_role: 'fail' });
      expect(checkOf(await subject.examine({ REDIS_URL: replica.url }), 'redis_role')).toMatchObject({ measured: expect.stringContaining('replica'), advice: expect.stringContaining('REDIS_URL') });
    } finally {
      await replica.stop();
    }
  });

  test('without events is a warning, and so is shadow mode, which has its own', async () => {
    expect(await subject.trouble({ MODE: 'shadow' })).toEqual({ uem_events: 'warn' });
  });

  const rest = ['redis_role', 'redis_version', 'redis_aof', 'redis_eviction', 'uem_events'];

  test('that is silent fails in time and hides nothing else', async () => {
    subject.redis.freeze();
    expect(await subject.trouble({}, impatient)).toEqual({ redis_answers: 'fail', ...skippedAll(rest) });
  });

  test('that is not there, or refuses the password, is said to be so without the password', async () => {
    const nowhere = { REDIS_URL: 'redis://:redis-canary@127.0.0.1:1' };
    expect(await subject.trouble(nowhere)).toEqual({ redis_answers: 'fail', ...skippedAll(rest) });
    expect(checkOf(await subject.examine(nowhere), 'redis_answers')?.measured).toContain('ECONNREFUSED');
    const { port } = new URL(subject.redis.url);
    const report = await subject.examine({ REDIS_URL: `redis://:redis-canary@127.0.0.1:${port}` });
    expect(checkOf(report, 'redis_answers')).toMatchObject({ status: 'fail', measured: expect.stringContaining('WRONGPASS') });
  });

  test('that is nowhere configured and never ran here is asked for', async () => {
    const report = await subject.examine({ REDIS_URL: '', DATA_DIR: '/nowhere' });
    expect(checkOf(report, 'redis_answers')).toMatchObject({ status: 'fail', measured: expect.stringContaining('REDIS_URL is not set') });
    const folder = await mkdtemp(join(tmpdir(), 'posture-relay-doctor-'));
    await mkdir(join(folder, 'redis'));
    await writeSettings(join(folder, 'redis'), { port: 1, password: 'canary' });
    const ended = await subject.examine({ REDIS_URL: '', DATA_DIR: folder });
    expect(checkOf(ended, 'redis_answers')).toMatchObject({ status: 'fail', measured: expect.stringContaining('ECONNREFUSED'), advice: expect.stringContaining('npm start') });
    await rm(folder, { recursive: true });
  });
});

describe('a configuration that cannot be used', () => {
  test('is said to be complete only for the processes that could start with it', async () => {
    expect(checkOf(await subject.examine({ CONSOLE_TOKEN: 'short' }), 'configuration')).toMatchObject({
      status: 'ok',
      measured: 'MODE=enforce; complete for receiver, worker; not for console (CONSOLE_TOKEN), all-in-one (CONSOLE_TOKEN)',
    });
    const nothing = await subject.examine({ REDIS_URL: '', UEM_WEBHOOK_PASSWORD: '' });
    expect(checkOf(nothing, 'configuration')).toMatchObject({ status: 'fail', measured: expect.stringContaining('complete for no process') });
  });

  test('is said to be so, and what can be tried is tried', async () => {
    const report = await subject.examine({ OKTA_CLIENT_ORGURL: 'acme' });
    expect(checkOf(report, 'configuration')).toMatchObject({ status: 'fail', measured: expect.stringContaining('OKTA_CLIENT_ORGURL') });
    expect(checkOf(report, 'okta_answers')?.status).toBe('skipped');
    expect(checkOf(report, 'redis_aof')?.status).toBe('ok');
    expect(checkOf(report, 'entra_sessions')?.status).toBe('ok');
  });
});

test('after all of this no device changed, nobody was signed out, and no report held a secret', () => {
  expect(subject.harm()).toEqual([]);
});

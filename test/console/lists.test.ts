import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { versionOf } from '../../src/compliance/version.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { startTestConsole, type RunningConsole } from './api.js';

/** More than a list shows at once. */
const many = 5_001;
const since = versionOf(Date.now() - 60_000);
const failure = (cause: string) => JSON.stringify({ cause, at: 1, generation: 1, detail: '' });
const held = (word: string) => JSON.stringify({ word, since: 1, detail: '' });

describe('a list with more devices than it shows', () => {
  let server: TestRedis;
  let relay: RunningConsole;

  beforeAll(async () => {
    server = await startTestRedis();
    relay = await startTestConsole(server);
    const batch = relay.redis.pipeline();
    const remember = (key: string, fields: Record<string, string | number>) =>
      batch.hset(`{relay}:device:${key}`, { v: 1, generation: 1, compliance: 'noncompliant', complianceSince: since, ...fields });
    for (let i = 0; i < many; i++) {
      remember(`udid:${i}`, { failure: failure('expired'), email: 'ada@example.com' });
      batch.zadd('{relay}:failed', i, `udid:${i}`);
      remember(`serial:${i}`, { held: held('held_mass'), enforced: 1 });
      batch.zadd('{relay}:held', i, `serial:${i}`);
    }
    remember('udid:last', { failure: failure('rejected'), email: 'alan@example.com' });
    batch.zadd('{relay}:failed', many, 'udid:last');
    remember('serial:last', { held: held('held_ambiguous'), enforced: 1 });
    batch.zadd('{relay}:held', many, 'serial:last');
    remember('udid:locked', { enforced: 1 });
    batch.hset('{relay}:ledger:udid:locked', 'guo1', JSON.stringify({ state: 'ours', at: 1, statusSeen: 'active', requestId: null }));
    batch.hset('{relay}:device:udid:locked', 'compliance', 'compliant');
    await batch.exec();
  });

  afterAll(async () => {
    await relay.stop();
    await server.stop();
  });

  it.each([
    ['failures?cause=rejected', 'failures', 'udid:last'],
    ['failures?user=alan@example.com', 'failures', 'udid:last'],
    ['held?word=held_ambiguous', 'devices', 'serial:last'],
    ['devices?state=wrongly_locked', 'devices', 'udid:locked'],
  ])('finds what is asked for among all of them: %s', async (path, list, key) => {
    const { body } = await relay.get(`/api/v1/${path}`);
    expect(body).toMatchObject({ [list]: [{ key }], cut: false });
  });

  it.each([
    ['failures', 'failures'],
    ['failures?cause=expired', 'failures'],
    ['held?word=held_mass', 'devices'],
    ['devices?state=exposed', 'devices'],
  ])('says that it is cut: %s', async (path, list) => {
    const { body } = await relay.get(`/api/v1/${path}`);
    expect(body).toMatchObject({ cut: true });
    expect(body).toHaveProperty(`${list}.length`, 5_000);
  });

  it('says by which words of a hold it can be asked', async () => {
    expect(await relay.get('/api/v1/held?word=held')).toMatchObject({ status: 400, body: { detail: 'word: must be one of held_mass, held_ambiguous, held_unknown_status.' } });
  });
});

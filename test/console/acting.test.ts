import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { versionOf } from '../../src/compliance/version.js';
import { EnforcementStore } from '../../src/store/enforcement.js';
import { ingest, keepUnassigned } from '../../src/store/ingest.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { startTestConsole, type RunningConsole } from './api.js';

const scope = { prefix: '{relay}', historyMs: 86_400_000 } as const;
const orders = [
  ['POST', '/held/release', { keys: ['udid:aa'] }],
  ['POST', '/held/discard', { keys: ['udid:aa'] }],
  ['POST', '/held/reset', {}],
  ['POST', '/failures/replay', { keys: ['udid:aa'] }],
  ['POST', '/failures/discard', { keys: ['udid:aa'] }],
  ['POST', '/devices/udid:aa/lock', { forMinutes: 5 }],
  ['POST', '/devices/udid:aa/unlock', { forMinutes: 5 }],
  ['PUT', '/pause', {}],
  ['DELETE', '/pause', {}],
] as const;

describe('a console without a token', () => {
  it('answers nobody who asks by another name than that of the loopback address', async () => {
    const server = await startTestRedis();
    const relay = await startTestConsole(server);
    const port = Number(new URL(relay.url).port);
    const asked = async (host: string) => {
      const sent = request({ host: '127.0.0.1', port, path: '/api/v1/pause', headers: { host } }).end();
      const [response] = await once(sent, 'response');
      response.resume();
      return [host, response.statusCode];
    };
    try {
      for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) expect(await asked(host)).toEqual([host, 200]);
      for (const host of [`evil.example:${port}`, 'localhost.evil.example', '10.0.0.1']) expect(await asked(host)).toEqual([host, 403]);
    } finally {
      await relay.stop();
      await server.stop();
    }
  });
});

describe('orders to the console', () => {
  let server: TestRedis;
  let relay: RunningConsole;
  const token = 'console-token-1234';
  const authorized = { authorization: `Bearer ${token}` };
  const get = (path: string) => relay.get(`/api/v1${path}`, authorized);

  async function send(method: string, path: string, init: { headers?: Record<string, string>; body?: string }) {
    const headers = { ...authorized, 'content-type': 'application/json', ...init.headers };
    const response = await fetch(`${relay.url}/api/v1${path}`, { method, ...init, headers });
    return { status: response.status, type: response.headers.get('content-type'), body: JSON.parse(await response.text()) };
  }

  const order = (method: string, path: string, body: object) => send(method, path, { body: JSON.stringify(body) });
  const release = (generations: object) => order('POST', '/held/release', { keys: ['udid:aa'], generations, reason: 'x' });
  const audit = async () => (await get('/audit')).body;

  beforeAll(async () => {
    server = await startTestRedis();
    relay = await startTestConsole(server, () => token);
  });

  afterAll(async () => {
    await relay.stop();
    await server.stop();
  });

  beforeEach(async () => {
    await relay.redis.flushall();
    const event = { enrolment: '1', deviceClass: 'mobile', udid: 'aa', serialNumber: null, time: versionOf(Date.now() - 1000), email: null, name: null, platform: null, ownership: null, organizationGroup: null, eventType: null, says: { compliance: 'noncompliant' } } as const;
    await ingest(relay.redis, { event, kept: {} }, scope);
  });

  it.each(orders)('%s %s needs the token', async (method, path, body) => {
    expect(await send(method, path, { headers: { authorization: '' }, body: JSON.stringify({ ...body, reason: 'x' }) })).toMatchObject({ status: 401 });
    expect(await audit()).toEqual({ entries: [] });
  });

  it.each(orders)('%s %s needs a reason', async (method, path, body) => {
    for (const reason of [undefined, '', '  ', 7]) {
      const answer = await order(method, path, { ...body, reason });
      expect(answer).toMatchObject({ status: 400, type: expect.stringContaining('application/problem+json'), body: { title: 'Unusable request', detail: 'reason: is required: say why.' } });
    }
    expect(await audit()).toEqual({ entries: [] });
  });

  it.each(orders)('%s %s takes nothing that a page of another site could send', async (method, path, body) => {
    const text = JSON.stringify({ ...body, reason: 'x' });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      expect(await send(method, path, { headers: { 'content-type': type }, body: text })).toMatchObject({ status: 415, body: { title: 'Not JSON' } });
    }
    expect(await audit()).toEqual({ entries: [] });
    const preflight = await fetch(`${relay.url}/api/v1${path}`, { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': method, ...authorized } });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    ['/held/release', { keys: [] }, 'keys: must name a device.'],
    ['/held/release', { keys: 'udid:aa' }, 'keys: must be a list of device keys.'],
    ['/failures/replay', { keys: Array.from({ length: 501 }, (_, i) => `udid:${i}`) }, 'keys: must name at most 500 devices.'],
    ['/devices/udid:aa/lock', {}, 'forMinutes: must be a number of minutes.'],
    ['/devices/udid:aa/lock', { forMinutes: 0 }, 'forMinutes: '],
    ['/devices/udid:aa/lock', { forMinutes: 1e9 }, 'forMinutes: '],
  ])('name the field that is wrong: %s %j', async (path, body, detail) => {
    const answer = await order('POST', path, { ...body, reason: 'x' });
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining(detail) } });
  });

  it.each([
    ['what is no JSON', '{', 400],
    ['a text', '"x"', 400],
    ['more than 256 KiB', JSON.stringify({ reason: 'x'.repeat(300_000) }), 413],
  ])('refuse %s', async (_case, body, status) => {
    expect(await send('POST', '/held/reset', { body })).toMatchObject({ status, type: expect.stringContaining('application/problem+json'), body: { title: 'Unreadable body' } });
  });

  it('are written down with who gave them, once for each device however often it is named', async () => {
    const store = new EnforcementStore(relay.redis, '{relay}');
    await store.hold('udid:aa', 1, { word: 'held_mass', since: 1, detail: '' });
    const answer = await send('POST', '/held/discard', { headers: { 'x-relay-actor': 'ada@laptop' }, body: JSON.stringify({ keys: ['udid:aa', 'udid:aa'], reason: ' a test device ' }) });
    expect(answer.body).toEqual({ keys: ['udid:aa'] });
    await order('PUT', '/pause', { reason: 'x' });
    expect(await audit()).toMatchObject({
      entries: [
        { what: 'pause', by: 'console', reason: 'x' },
        { what: 'held discard', by: 'ada@laptop', target: 'udid:aa', keys: ['udid:aa'], reason: 'a test device' },
      ],
    });
  });

  it('are carried out only about what was shown', async () => {
    const store = new EnforcementStore(relay.redis, '{relay}');
    await store.hold('udid:aa', 1, { word: 'held_mass', since: 1, detail: '' });
    const shown = (await get('/held')).body;
    expect(shown).toMatchObject({ devices: [{ key: 'udid:aa', generation: 1 }] });
    await store.planAgain('udid:aa', Date.now());
    await store.hold('udid:aa', 2, { word: 'held_ambiguous', since: 2, detail: '2 records' });
    expect((await release({ 'udid:aa': 1 })).body).toEqual({ keys: [] });
    expect(await audit()).toEqual({ entries: [] });
    expect(await release({ 'udid:aa': 'newest' })).toMatchObject({ status: 400, body: { detail: 'generations.udid:aa: must be the generation that was listed.' } });
    expect((await release({ 'udid:aa': 2 })).body).toEqual({ keys: ['udid:aa'] });
  });

  it('leave nothing in the audit when there was nothing to do', async () => {
    expect((await order('POST', '/held/release', { keys: ['udid:aa'], reason: 'x' })).body).toEqual({ keys: [] });
    expect((await order('POST', '/failures/replay', { keys: ['udid:aa'], reason: 'x' })).body).toEqual({ keys: [] });
    expect(await audit()).toEqual({ entries: [] });
  });

  it('say what state may be asked for, and list by where devices stand', async () => {
    expect(await get('/devices')).toMatchObject({ status: 400, body: { detail: expect.stringMatching(/^state: must be one of exposed, wrongly_locked/) } });
    expect((await get('/devices?state=exposed')).body).toMatchObject({ devices: [{ key: 'udid:aa', causes: ['noncompliant'] }], unreadable: [], cut: false });
    expect((await get('/devices?state=locked_by_us')).body).toMatchObject({ devices: [] });
    await relay.redis.hset('{relay}:device:udid:aa', 'v', '9');
    expect((await get('/devices?state=exposed')).body).toMatchObject({ devices: [], unreadable: [{ key: 'udid:aa' }] });
  });

  it('show the events of all devices, newest first, and those that were ignored however far back', async () => {
    await keepUnassigned(relay.redis, scope, { kept: { Platform: 'Toaster' }, reason: 'unknown_platform' });
    const pipeline = relay.redis.pipeline();
    for (let i = 0; i < 1_200; i++) pipeline.xadd('{relay}:events', '*', 'event', '{}', 'key', `udid:${i}`, 'result', 'queued', 'reason', '');
    await pipeline.exec();
    expect((await get('/events?limit=2')).body).toMatchObject({ events: [{ key: 'udid:1199', result: 'queued' }, { key: 'udid:1198' }] });
    expect((await get('/events?refused=true')).body).toMatchObject({ events: [{ key: '', result: 'ignored', reason: 'unknown_platform', body: { Platform: 'Toaster' } }] });
    expect((await get('/events?refused=true')).body).toHaveProperty('events.length', 1);
    expect(await get('/events?limit=none')).toMatchObject({ status: 400, body: { detail: 'limit: must be a number.' } });
  });
});

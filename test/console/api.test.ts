import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openContainment } from '../../src/compliance/containment.js';
import { versionOf } from '../../src/compliance/version.js';
import type { ComplianceEvent } from '../../src/compliance/event.js';
import { BlockStore } from '../../src/store/blocks.js';
import { EnforcementStore } from '../../src/store/enforcement.js';
import { ingest } from '../../src/store/ingest.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { happens, startTestConsole, type RunningConsole } from './api.js';

const scope = { prefix: '{relay}', historyMs: 86_400_000 } as const;
const saidAt = Date.now() - 60_000;

const iphone: ComplianceEvent = {
  enrolment: '1000',
  deviceClass: 'mobile',
  udid: '00008120-00AA',
  serialNumber: 'C0-FFEE',
  time: versionOf(saidAt),
  email: 'Ada@example.com',
  name: 'Ada iPhone',
  platform: 'Apple',
  ownership: null,
  organizationGroup: null,
  eventType: null,
  says: { compliance: 'noncompliant' },
};
const key = 'udid:0000812000aa';

describe('the console API', () => {
  let server: TestRedis;
  let relay: RunningConsole;
  let store: EnforcementStore;
  const receive = (event: Partial<ComplianceEvent> = {}) => ingest(relay.redis, { event: { ...iphone, ...event }, kept: {} }, scope);

  beforeAll(async () => {
    server = await startTestRedis();
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    relay = await startTestConsole(server);
    await relay.redis.flushall();
    store = new EnforcementStore(relay.redis, '{relay}');
  });

  afterEach(() => relay.stop());

  it('says that nobody is exposed when nothing is known', async () => {
    expect((await relay.get('/api/v1/status')).body).toMatchObject({ exposed: [], wronglyLocked: [], held: [], unreadable: [], lastEventAt: null, runs: [] });
  });

  it('shows a device as exposed since UEM said so, however often it is planned again', async () => {
    await receive();
    await store.planAgain(key, Date.now());
    const { body } = await relay.get('/api/v1/status');
    expect(body).toMatchObject({ exposed: [{ key, standing: 'exposed', since: saidAt, causes: ['noncompliant'], name: 'Ada iPhone', lastRun: null }] });
  });

  it('shows a lock since it was acknowledged', async () => {
    await receive();
    const at = Date.now() - 5000;
    await store.saveLedgerEntry(key, 'guo1', { state: 'ours', at, statusSeen: 'active', requestId: 'r' });
    await store.saveContainment(key, { ...openContainment([], at), contained: { guo1: 1 }, complete: true });
    await store.settle(key, 1);
    const { body } = await relay.get(`/api/v1/devices/${key}`);
    expect(body).toMatchObject({ devices: [{ standing: 'locked_by_us', since: at, facts: { compliance: 'noncompliant', complianceSince: saidAt } }] });
  });

  it('shows a device as wrongly locked since UEM said that it complies', async () => {
    await receive();
    await store.saveLedgerEntry(key, 'guo1', { state: 'ours', at: saidAt, statusSeen: 'active', requestId: 'r' });
    await receive({ says: { compliance: 'compliant' }, time: versionOf(saidAt + 30_000) });
    const { body } = await relay.get('/api/v1/status');
    expect(body).toMatchObject({ exposed: [], wronglyLocked: [{ key, since: saidAt + 30_000 }] });
  });

  it('shows a held device with the word and since when', async () => {
    await receive();
    await store.hold(key, 1, { word: 'held_ambiguous', since: saidAt + 1000, detail: '2 records' });
    expect((await relay.get('/api/v1/status')).body).toMatchObject({ exposed: [], held: [{ key, since: saidAt + 1000, held: { word: 'held_ambiguous', detail: '2 records' } }] });
  });

  it('shows only what work still waits for', async () => {
    const blocks = new BlockStore(relay.redis, '{relay}');
    const block = { word: 'waiting_upstream', detail: 'HTTP 429', since: saidAt } as const;
    await blocks.block({ ...block, scope: 'okta:devices', until: Date.now() - 1 });
    await blocks.block({ ...block, scope: 'okta:users', until: Date.now() + 60_000 });
    await blocks.block({ ...block, scope: 'entra', until: null });
    const { body } = await relay.get('/api/v1/status');
    expect(body).toHaveProperty('blocks', expect.arrayContaining([expect.objectContaining({ scope: 'okta:users' }), expect.objectContaining({ scope: 'entra' })]));
    expect(body).toHaveProperty('blocks.length', 2);
  });

  it('shows the others when the state of one device cannot be read', async () => {
    await receive();
    await receive({ udid: 'bb', serialNumber: null, enrolment: '2' });
    await relay.redis.hset('{relay}:device:udid:bb', 'v', '9');
    expect((await relay.get('/api/v1/status')).body).toMatchObject({ exposed: [{ key }], unreadable: [{ key: 'udid:bb', detail: expect.stringContaining('udid:bb') }] });
    expect(await relay.get('/api/v1/devices/udid:bb')).toMatchObject({ status: 500, body: { detail: 'What Redis holds about udid:bb cannot be read: v' } });
  });

  it.each([key, 'UDID:00008120-00AA', '00008120-00aa', 'c0ffee', 'C0-FFEE', 'ada@EXAMPLE.com'])('finds a mobile device by %s', async (query) => {
    await receive();
    expect((await relay.get(`/api/v1/devices/${encodeURIComponent(query)}`)).body).toMatchObject({ devices: [{ key }] });
  });

  it('finds every device of a person, and nobody else\'s', async () => {
    await receive();
    await receive({ deviceClass: 'desktop', serialNumber: 'PC1', udid: null, enrolment: '2' });
    await receive({ udid: 'cc', serialNumber: null, email: 'alan@example.com', enrolment: '3' });
    const { body } = await relay.get('/api/v1/devices/ada@example.com');
    expect(body).toMatchObject({ devices: [{ key: 'serial:pc1' }, { key }] });
  });

  it('says 404 as a problem for an unknown device, and for an unknown address', async () => {
    for (const path of ['/api/v1/devices/nobody', '/api/v1/devices/nobody@example.com', '/api/v1/devices/udid:%2A', '/api/v1/nothing', '/nothing']) {
      const { status, type, body } = await relay.get(path);
      expect([path, status]).toEqual([path, 404]);
      expect(type).toContain('application/problem+json');
      expect(body).toMatchObject({ status: 404, title: expect.any(String), detail: expect.any(String) });
    }
  });

  it('says 400 as a problem for an address that cannot be read', async () => {
    expect(await relay.get('/api/v1/devices/%ff')).toMatchObject({ status: 400, type: expect.stringContaining('application/problem+json') });
  });
});

describe('the console token', () => {
  let server: TestRedis;
  let relay: RunningConsole;
  let token: string | null = 'console-token-1234';

  beforeAll(async () => {
    server = await startTestRedis();
    relay = await startTestConsole(server, () => token);
  });

  afterAll(async () => {
    await relay.stop();
    await server.stop();
  });

  it.each([
    ['without a token', {}],
    ['with another token', { authorization: 'Bearer console-token-1235' }],
    ['with a token of another length', { authorization: 'Bearer c' }],
    ['with an empty token', { authorization: 'Bearer ' }],
    ['with the token under another scheme', { authorization: 'Basic console-token-1234' }],
  ])('is asked for %s', async (_case, headers) => {
    for (const path of ['/api/v1/status', '/api/v1/devices/x', '/api/v1/nothing']) {
      const answer = await relay.get(path, headers);
      expect(answer).toMatchObject({ status: 401, type: expect.stringContaining('application/problem+json'), body: { status: 401 } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('opens the API, and is read anew for each request', async () => {
    expect((await relay.get('/api/v1/status', { authorization: 'Bearer console-token-1234' })).status).toBe(200);
    token = 'console-token-5678';
    expect((await relay.get('/api/v1/status', { authorization: 'Bearer console-token-1234' })).status).toBe(401);
    expect((await relay.get('/api/v1/status', { authorization: 'bearer console-token-5678' })).status).toBe(200);
  });

  it('lets nobody in once it is revoked, least of all with no token', async () => {
    token = null;
    for (const authorization of ['Bearer console-token-5678', 'Bearer ', 'Bearer null', '']) {
      expect((await relay.get('/api/v1/status', { authorization })).status).toBe(401);
    }
  });

  it('is not asked for by the health check', async () => {
    expect(await relay.get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});

describe('the console without Redis', () => {
  let server: TestRedis;
  let relay: RunningConsole;
  const gone = { status: 503, type: expect.stringContaining('application/problem+json'), body: { title: 'No answer from Redis' } };

  beforeEach(async () => {
    server = await startTestRedis();
    relay = await startTestConsole(server);
  });

  afterEach(async () => {
    server.thaw();
    await relay.stop();
    await server.stop();
  });

  it('says 503 with Retry-After at once while Redis is gone, and answers when it is back', async () => {
    const closed = happens(relay.redis, 'close');
    await server.kill9();
    await closed;
    const answer = await relay.get('/api/v1/status');
    expect(answer).toMatchObject(gone);
    expect(answer.headers.get('retry-after')).toBe('5');
    const ready = happens(relay.redis, 'ready');
    await server.restart();
    await ready;
    expect((await relay.get('/api/v1/status')).status).toBe(200);
  });

  it('says 503 when Redis is there and does not answer', async () => {
    server.freeze();
    expect(await relay.get('/api/v1/status')).toMatchObject(gone);
  });

  it('says 503 when Redis answered too late, also where it answers again', async () => {
    const { redis } = relay;
    const ping = redis.ping.bind(redis);
    redis.ping = async () => {
      server.thaw();
      return await ping();
    };
    server.freeze();
    expect(await relay.get('/api/v1/status')).toMatchObject(gone);
  });
});

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startHttpDouble, type Fault, type HttpDouble } from './http-double.js';

let double: HttpDouble;
let handled: string[];

beforeEach(async () => {
  handled = [];
  double = await startHttpDouble({
    operationOf: ({ pathname }) => (pathname.startsWith('/things/') ? 'getThing' : null),
    answer: async ({ path }) => {
      handled.push(path);
      return { status: 200, body: { ok: true } };
    },
  });
});
afterEach(() => double.close());

const get = (path: string) => fetch(double.url + path);

test('records a request as it was sent, with the status of its answer', async () => {
  await fetch(`${double.url}/things/a%2Fb?q=%20x`, { method: 'POST', body: 'text', headers: { 'x-a': 'b' } });
  expect(double.requests).toEqual([
    expect.objectContaining({ method: 'POST', path: '/things/a%2Fb?q=%20x', body: 'text', operation: 'getThing', status: 200 }),
  ]);
  expect(double.requests[0]?.headers['x-a']).toBe('b');
});

test('a test waits for a request that has not come yet, or gets one that has', async () => {
  const awaited = double.onRequest(({ path, status }) => path === '/things/1' && status === 200);
  await get('/things/1');
  await expect(awaited).resolves.toMatchObject({ path: '/things/1' });
  await expect(double.onRequest(({ path }) => path === '/things/1')).resolves.toBe(double.calls('getThing')[0]);
});

test('an ordered status is answered as often as ordered, on the operation and the object ordered', async () => {
  double.order({ operation: 'getThing', object: '/2', times: 1, fault: { kind: 'status', status: 503, headers: { 'retry-after': '1' }, body: 'down' } });
  expect((await get('/things/1')).status).toBe(200);
  const hit = await get('/things/2');
  expect([hit.status, hit.headers.get('retry-after'), await hit.text()]).toEqual([503, '1', 'down']);
  expect((await get('/things/2')).status).toBe(200);
  expect(handled).toEqual(['/things/1', '/things/2']);
});

test('an order without a count lasts until the faults are cleared', async () => {
  double.order({ fault: { kind: 'status', status: 500 } });
  expect([(await get('/things/1')).status, (await get('/things/1')).status]).toEqual([500, 500]);
  double.clearFaults();
  expect((await get('/things/1')).status).toBe(200);
});

test('a reset breaks the connection before the request counts, reset_after once it has', async () => {
  double.order({ times: 1, fault: { kind: 'reset' } });
  await expect(get('/things/1')).rejects.toThrow('fetch failed');
  expect(handled).toEqual([]);
  double.order({ times: 1, fault: { kind: 'reset_after' } });
  await expect(get('/things/2')).rejects.toThrow('fetch failed');
  expect(handled).toEqual(['/things/2']);
  expect(double.requests.map(({ status }) => status)).toEqual([null, null]);
});

test('a hang never answers, and closing the double ends it', async () => {
  double.order({ fault: { kind: 'hang' } });
  const pending = get('/things/1').catch((error: unknown) => error);
  await double.onRequest(() => true);
  await double.close();
  await expect(pending).resolves.toMatchObject({ message: 'fetch failed' });
  expect(handled).toEqual([]);
});

test('a delayed request is answered in the end, garbage is HTML under 200', async () => {
  const faults: Fault[] = [{ kind: 'delay', ms: 30 }, { kind: 'garbage' }];
  for (const fault of faults) double.order({ times: 1, fault });
  const before = Date.now();
  await expect((await get('/things/1')).json()).resolves.toEqual({ ok: true });
  expect(Date.now() - before).toBeGreaterThanOrEqual(29);
  const garbage = await get('/things/1');
  expect([garbage.status, garbage.headers.get('content-type')]).toEqual([200, 'text/html']);
});

test('a request that addresses no operation is a violation', async () => {
  await get('/nothing');
  expect(double.violations()).toEqual(['GET /nothing: no such operation']);
});

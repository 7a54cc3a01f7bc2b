import { afterEach, describe, expect, it } from '@jest/globals';
import { uemBody } from '../sandbox/uem.js';
import { startStopwatch } from '../standstill.js';
import { startTestReceiver, type TestReceiver } from './receiver.js';

const laptopKey = 'serial:5cd1234xyz';
const event = (complianceStatus: string) => JSON.stringify(uemBody({ platform: 'windows', complianceStatus, eventTime: new Date() }));
/** The promise is 2 s; a busy machine gets twice that. */
const withinMs = 4_000;

let receiver: TestReceiver;

afterEach(async () => {
  await receiver.stop();
});

const get = async (path: string) => (await receiver.call({ method: 'GET', path })).status;

/** What an event, the readiness and the health are answered now. */
async function ask(complianceStatus: string) {
  const since = startStopwatch();
  const [answer, ready, healthy] = await Promise.all([receiver.call({ body: event(complianceStatus) }), get('/readyz'), get('/healthz')]);
  const inTime = since() < withinMs;
  const { status, headers } = answer;
  return { status, ready, healthy, inTime, retryAfter: headers.get('retry-after'), contentType: headers.get('content-type') };
}

const contentType = 'application/problem+json; charset=utf-8';
const unavailable = { status: 503, ready: 503, healthy: 200, inTime: true, retryAfter: '5', contentType };
const available = { status: 200, ready: 200, healthy: 200, inTime: true };

/** What Redis was told to do: move a device's facts, enqueue it. */
const facts = (line: string) => line.startsWith('eval ') && line.includes('-- which device');
const job = (line: string) => line.startsWith('eval') && line.includes(':enforcement:marker');

const hasJob = async () => (await receiver.queue.getDeduplicationJobId(laptopKey)) !== null;

describe('without Redis the receiver says 503 in time, and takes events again by itself once Redis is there:', () => {
  it('gone while running', async () => {
    receiver = await startTestReceiver();
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
    await receiver.redis.kill9();
    expect(await ask('NonCompliant')).toEqual(unavailable);
    const back = receiver.nextLogLine('Redis is there');
    await receiver.redis.restart();
    await back;
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
  });

  it('frozen', async () => {
    receiver = await startTestReceiver();
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
    receiver.redis.freeze();
    expect(await ask('NonCompliant')).toEqual(unavailable);
    expect(await ask('NonCompliant')).toEqual(unavailable);
    receiver.redis.thaw();
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
  });

  it('down when the receiver starts', async () => {
    receiver = await startTestReceiver({ before: (redis) => redis.kill9() });
    expect(await ask('NonCompliant')).toEqual(unavailable);
    const back = receiver.nextLogLine('Redis is there');
    await receiver.redis.restart();
    await back;
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
  });

  it('frozen when the receiver starts', async () => {
    receiver = await startTestReceiver({ before: (redis) => redis.freeze() });
    expect(await ask('NonCompliant')).toEqual(unavailable);
    const back = receiver.nextLogLine('Redis is there');
    receiver.redis.thaw();
    await back;
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
  });

  it('full', async () => {
    receiver = await startTestReceiver();
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
    await receiver.client.config('SET', 'maxmemory', '1');
    expect(await receiver.call({ body: event('NonCompliant') })).toMatchObject({ status: 503 });
    await receiver.client.config('SET', 'maxmemory', '0');
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
  });

  it('too slow', async () => {
    receiver = await startTestReceiver();
    expect(await ask('NonCompliant')).toMatchObject(available);
    receiver.link.delayMs = 1_200; // less than a command may take, but this event takes two
    const { status, inTime, retryAfter } = await ask('Compliant');
    expect({ status, inTime, retryAfter }).toEqual({ status: 503, inTime: true, retryAfter: '5' });
    receiver.link.delayMs = 0;
    expect(await ask('NonCompliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
  });

  it('with forgotten scripts, as after a restart, it takes the event all the same', async () => {
    receiver = await startTestReceiver();
    await receiver.client.script('FLUSH');
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
    await receiver.client.script('FLUSH');
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
  });

  it('with forgotten scripts no device is left in the queue without its facts', async () => {
    receiver = await startTestReceiver();
    expect(await ask('Compliant')).toMatchObject(available);
    await receiver.client.flushall();
    await receiver.client.script('FLUSH');
    // By now the queue has sent what it sends once: ioredis loses count of a command that arrives together with MONITOR's own answer.
    const said: string[] = [];
    const watching = await receiver.client.monitor();
    const over = new Promise<void>((resolve) => {
      watching.on('monitor', (_at: string, args: string[]) => (args.includes('over') ? resolve() : said.push(args.join(' '))));
    });
    expect(await ask('NonCompliant')).toMatchObject(available);
    await receiver.client.echo('over');
    await over;
    watching.disconnect();
    expect(said.filter(facts)).toHaveLength(1);
    expect(said.findLastIndex(job)).toBeGreaterThan(said.findIndex(facts));
  });
});

describe('a receiver that has just been started', () => {
  it('waits for its connection rather than refuse the first event', async () => {
    receiver = await startTestReceiver();
    expect(await receiver.call({ body: event('NonCompliant') })).toMatchObject({ status: 200, body: { result: 'queued' } });
  });
});

describe('a receiver that is stopped', () => {
  it.each(['kill9', 'freeze'] as const)('ends though Redis is not there (%s)', async (harm) => {
    receiver = await startTestReceiver();
    expect(await ask('Compliant')).toMatchObject(available);
    expect(await hasJob()).toBe(true);
    await receiver.redis[harm]();
    expect(await receiver.call({ body: event('NonCompliant') })).toMatchObject({ status: 503 });
    const since = startStopwatch();
    await receiver.stopReceiver();
    expect(since()).toBeLessThan(withinMs);
    await expect(get('/healthz')).rejects.toThrow('fetch failed');
    await receiver.redis.restart();
  });
});

describe('what was answered 200', () => {
  it('is in Redis by then, however long the way there', async () => {
    receiver = await startTestReceiver();
    expect(await ask('Compliant')).toMatchObject(available);
    await receiver.client.flushall();
    receiver.link.delayMs = 150;
    expect(await receiver.call({ body: event('NonCompliant') })).toMatchObject({ status: 200 });
    expect(await receiver.taken()).toEqual({ events: 1, jobs: 1 });
  });

  it('is there after kill -9 of Redis: the event, the facts and the job', async () => {
    receiver = await startTestReceiver();
    const answer = await receiver.call({ body: event('NonCompliant') });
    expect(answer).toMatchObject({ status: 200 });
    await receiver.redis.kill9();
    const back = receiver.nextLogLine('Redis is there');
    await receiver.redis.restart();
    await back;
    expect(await receiver.taken()).toEqual({ events: 1, jobs: 1 });
    expect(await receiver.client.hget(`{relay}:device:${laptopKey}`, 'compliance')).toBe('noncompliant');
    expect(await hasJob()).toBe(true);
  });
});

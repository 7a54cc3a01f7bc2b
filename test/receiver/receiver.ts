import { EventEmitter, on } from 'node:events';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { readConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { enforcementQueue, type EnforcementJob } from '../../src/queue/job.js';
import { startReceiver } from '../../src/receiver/start.js';
import { redisKeys } from '../../src/store/keys.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { startSlowLink, type SlowLink } from './slow-link.js';

export type Answer = { status: number; headers: Headers; body: unknown };
export type Call = { method?: string; path?: string; headers?: Record<string, string>; authorization?: string | null; body?: BodyInit };

export const credentials = { username: 'uem', password: 'uem-password-canary' };
export const keys = redisKeys('{relay}');

export type TestReceiver = {
  url: string;
  redis: TestRedis;
  /** Between the receiver and Redis; our own connection does not take it. */
  link: SlowLink;
  client: Redis;
  queue: Queue<EnforcementJob>;
  /** Every line of the receiver's log so far. */
  logLines: string[];
  /** Resolves with the next log line of which this is a part; ask before you cause it. */
  nextLogLine: (part: string) => Promise<string>;
  /** POST /webhooks/uem with the right credentials, unless told otherwise. */
  call: (call: Call) => Promise<Answer>;
  /** How many events are kept, and how many jobs there are. */
  taken: () => Promise<{ events: number; jobs: number }>;
  /** The receiver alone, as its process would. */
  stopReceiver: () => Promise<void>;
  stop: () => Promise<void>;
};

type ReceiverTestOptions = {
  environment?: Record<string, string>;
  /** Is done to Redis before the receiver starts. */
  before?: (redis: TestRedis) => Promise<void> | void;
};

/** The receiver as a process would start it, with a Redis of its own. */
export async function startTestReceiver({ environment = {}, before }: ReceiverTestOptions = {}): Promise<TestReceiver> {
  const redis = await startTestRedis();
  const link = await startSlowLink(redis.url);
  await before?.(redis);
  const settings = readConfig(['receiver', 'store', 'tls'], {
    HOST: '127.0.0.1',
    PORT: '0',
    UEM_WEBHOOK_USERNAME: credentials.username,
    UEM_WEBHOOK_PASSWORD: credentials.password,
    ...environment,
  });
  const logLines: string[] = [];
  const written = new EventEmitter();
  const keepLine = (line: string) => {
    logLines.push(line);
    written.emit('line', line);
  };
  const receiver = await startReceiver(settings, { url: link.url }, createLog('trace', 'receiver', { write: keepLine }));
  let stopped: Promise<void> | undefined;
  const stopOnce = () => (stopped ??= receiver.stop());
  const client = redis.connect();
  const queue = new Queue<EnforcementJob>(enforcementQueue, { connection: client, prefix: '{relay}' });
  queue.on('error', () => undefined);
  return {
    url: receiver.url,
    redis,
    link,
    client,
    queue,
    logLines,
    nextLogLine: async (part) => {
      for await (const [line] of on(written, 'line')) if (String(line).includes(part)) return String(line);
      throw new Error('the log ended');
    },
    call: (call) => exchange(receiver.url, call),
    taken: async () => ({ events: await client.xlen(keys.events), jobs: Object.values(await queue.getJobCounts()).reduce((a, b) => a + b, 0) }),
    stopReceiver: () => stopOnce(),
    stop: async () => {
      await stopOnce();
      await queue.close();
      link.close();
      await redis.stop();
    },
  };
}

export function basic({ username, password }: { username: string; password: string }, encoding: BufferEncoding = 'utf8'): string {
  return `Basic ${Buffer.from(`${username}:${password}`, encoding).toString('base64')}`;
}

async function exchange(url: string, { method = 'POST', path = '/webhooks/uem', headers, authorization = basic(credentials), body }: Call): Promise<Answer> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { ...(authorization === null ? {} : { authorization }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? '' : JSON.parse(text) };
}

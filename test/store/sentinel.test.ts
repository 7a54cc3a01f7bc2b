import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { readConfig } from '../../src/config.js';
import { reportSchema } from '../../src/doctor/report.js';
import { redisTarget } from '../../src/redis-target.js';
import { connectFailingFast, connectWaiting, type RedisTarget } from '../../src/store/connection.js';
import { locateRedisServer } from '../../src/store/redis-binary.js';
import { ensureBuilt, relay } from '../cli/command.js';
import { selfSigned } from '../entra/self-signed.js';
import { startTestRedis, type TestRedis } from '../redis.js';

const folder = mkdtempSync(join(tmpdir(), 'posture-relay-sentinel-'));
const own = selfSigned();
const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
const sentinelPassword = 'sentinel-canary';

let redis: TestRedis;
let password: string;
let sentinels: ChildProcess[] = [];

beforeAll(async () => {
  ensureBuilt();
  writeFileSync(certificate, own.certificate);
  writeFileSync(key, own.privateKey);
  redis = await startTestRedis();
  ({ password } = new URL(redis.url));
});
afterEach(async () => {
  const ended = sentinels.map((sentinel) => once(sentinel, 'exit'));
  for (const sentinel of sentinels) sentinel.kill('SIGKILL');
  await Promise.all(ended);
  sentinels = [];
});
afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A sentinel with a password that watches the Redis on a port; the environment that leads there. */
async function startSentinel(masterPort: number, lines: (port: number) => string[]): Promise<Record<string, string>> {
  const port = await freePort();
  const file = join(folder, `sentinel-${port}.conf`);
  const watched = [`sentinel monitor relay 127.0.0.1 ${masterPort} 1`, `sentinel auth-pass relay ${password}`];
  writeFileSync(file, ['bind 127.0.0.1', `dir ${folder}`, `requirepass ${sentinelPassword}`, ...lines(port), ...watched].join('\n'));
  const sentinel = spawn(await locateRedisServer(), [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'ignore'] });
  sentinels.push(sentinel);
  for await (const text of sentinel.stdout) if (String(text).includes('+monitor')) break;
  return { REDIS_SENTINELS: `127.0.0.1:${port}`, REDIS_SENTINEL_NAME: 'relay', REDIS_SENTINEL_PASSWORD: sentinelPassword };
}

/** As BullMQ makes the connection on which a worker waits for jobs. */
function duplicated(target: RedisTarget): Redis {
  const client = connectWaiting(target);
  const second = client.duplicate();
  client.disconnect();
  return second;
}

async function answerOf(environment: Record<string, string>, connect: typeof connectWaiting): Promise<string> {
  const client: Redis = connect(redisTarget(readConfig(['redis'], environment).redis));
  const failed = new Promise<string>((resolve) => client.on('error', ({ message }) => resolve(message)));
  try {
    return await Promise.race([once(client, 'ready').then(() => client.set('asked', '1')).then(String), failed]);
  } finally {
    client.disconnect();
  }
}

describe('Redis behind sentinels', () => {
  it('is found where both ask for a password of their own: that of Redis stands in REDIS_URL, whose host does not count', async () => {
    const environment = { ...(await startSentinel(Number(new URL(redis.url).port), (port) => [`port ${port}`])), REDIS_URL: `redis://:${password}@not-asked:1` };
    expect(await answerOf(environment, connectFailingFast)).toBe('OK');
    expect(await answerOf(environment, connectWaiting)).toBe('OK');
    expect(await answerOf(environment, duplicated)).toBe('OK');
    expect(await answerOf({ ...environment, REDIS_SENTINEL_PASSWORD: '' }, connectFailingFast)).toContain('NOAUTH');
    expect(await answerOf({ ...environment, REDIS_URL: '' }, connectFailingFast)).toContain('NOAUTH');
    const secret = join(folder, 'password');
    writeFileSync(secret, `${sentinelPassword}\n`);
    expect(await answerOf({ ...environment, REDIS_SENTINEL_PASSWORD: '', REDIS_SENTINEL_PASSWORD_FILE: secret }, connectFailingFast)).toBe('OK');
  });

  it('is found over TLS, to the sentinels too, where REDIS_URL is rediss://, and the doctor says what it found', async () => {
    const tlsPort = await freePort();
    const client = redis.connect();
    for (const [name, value] of [['tls-cert-file', certificate], ['tls-key-file', key], ['tls-ca-cert-file', certificate], ['tls-auth-clients', 'no']] as const) await client.config('SET', name, value);
    await client.config('SET', 'tls-port', String(tlsPort));
    const tls = ['port 0', `tls-cert-file ${certificate}`, `tls-key-file ${key}`, `tls-ca-cert-file ${certificate}`, 'tls-auth-clients no', 'tls-replication yes'];
    const environment = { ...(await startSentinel(tlsPort, (port) => [...tls, `tls-port ${port}`])), REDIS_URL: `rediss://:${password}@not-asked:1`, NODE_EXTRA_CA_CERTS: certificate };
    const { out } = await relay(['doctor', '--json'], environment);
    const { checks } = reportSchema.parse(JSON.parse(out));
    expect(checks.filter(({ id }) => id.startsWith('redis')).map(({ id, status }) => [id, status])).toEqual(['redis_answers', 'redis_role', 'redis_version', 'redis_aof', 'redis_eviction'].map((id) => [id, 'ok']));
    const plain = await relay(['doctor', '--json'], { ...environment, REDIS_URL: `redis://:${password}@not-asked:1` });
    expect(reportSchema.parse(JSON.parse(plain.out)).checks.find(({ id }) => id === 'redis_answers')?.status).toBe('fail');
    expect(`${out}${plain.out}`).not.toContain('canary');
  });
});

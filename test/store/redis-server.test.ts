import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { locateRedisServer } from '../../src/store/redis-binary.js';
import { startRedisServer, type RedisServer } from '../../src/store/redis-server.js';

let dataDir: string;
let servers: RedisServer[];
let clients: Redis[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'posture-relay-test-'));
  servers = [];
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.disconnect();
  for (const server of servers) await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(port?: number): Promise<RedisServer> {
  const server = await startRedisServer({ dataDir, port });
  servers.push(server);
  return server;
}

function connect(url: string): Redis {
  const client = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0, disconnectTimeout: 100 });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

describe('a private Redis', () => {
  it('keeps every accepted write over kill -9', async () => {
    const killed = await start();
    const writer = connect(killed.url);
    await Promise.all(Array.from({ length: 500 }, (_, index) => writer.rpush('accepted', index)));
    killed.kill('SIGKILL');
    expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });

    const restarted = await start();
    expect(await connect(restarted.url).llen('accepted')).toBe(500);
  });

  it('never evicts keys and syncs its AOF every second', async () => {
    const reader = connect((await start()).url);
    expect(await reader.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await reader.config('GET', 'appendfsync')).toEqual(['appendfsync', 'everysec']);
  });

  it('listens on loopback only and asks for its password', async () => {
    const { url } = await start();
    const { hostname, port } = new URL(url);
    expect(hostname).toBe('127.0.0.1');
    expect(await connect(url).config('GET', 'bind')).toEqual(['bind', '127.0.0.1']);
    await expect(connect(`redis://127.0.0.1:${port}`).get('anything')).rejects.toThrow('NOAUTH');
  });

  it('keeps its password in a file that nobody else can read', async () => {
    await start();
    const { mode } = await stat(join(dataDir, 'redis.conf'));
    expect(mode & 0o077).toBe(0);
  });

  it('comes back with the same address and password on the same folder and port', async () => {
    const first = await start();
    await first.stop();
    const second = await start(Number(new URL(first.url).port));
    expect(second.url).toBe(first.url);
  });

  it('ends the Redis that a killed process left behind on the folder, and keeps its data', async () => {
    const abandoned = await start();
    const writer = connect(abandoned.url);
    await writer.set('written', 'before');
    writer.disconnect();
    await once(writer, 'end');

    const next = await start();
    expect(await abandoned.exited).toEqual({ code: 0, signal: null });
    expect(await connect(next.url).get('written')).toBe('before');
  });

  it('refuses a folder whose Redis somebody else works with', async () => {
    const used = await start();
    await connect(used.url).ping();
    await expect(start()).rejects.toThrow(`${dataDir} is in use`);
    expect(await connect(used.url).ping()).toBe('PONG');
  });
});

describe('a Redis that cannot start', () => {
  it('is reported with what to run when there is no redis-server', async () => {
    await expect(locateRedisServer([join(dataDir, 'redis-server')])).rejects.toThrow('Run "node scripts/prepare.mjs"');
  });

  it('is reported when the command does not exist', async () => {
    await expect(startRedisServer({ dataDir, command: join(dataDir, 'nothing') })).rejects.toThrow('ENOENT');
  });

  it('is reported with its last log lines when it ends early', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    await expect(start(port)).rejects.toThrow('Address already in use');
    other.close();
  });
});

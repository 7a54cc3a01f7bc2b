import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { NotReplicated, Replicas } from '../../src/store/replicas.js';
import { startRedisServer, type RedisServer } from '../../src/store/redis-server.js';

let folders: string[];
let servers: RedisServer[];
let master: Redis;

async function start(): Promise<RedisServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'posture-relay-replica-'));
  folders.push(dataDir);
  const server = await startRedisServer({ dataDir });
  servers.push(server);
  return server;
}

beforeEach(async () => {
  folders = [];
  servers = [];
  master = new Redis((await start()).url, { disconnectTimeout: 100 });
});

afterEach(async () => {
  master.disconnect();
  // A primary that is asked to end waits for its replicas.
  for (const server of servers) server.kill('SIGKILL');
  await Promise.all(servers.map((server) => server.exited));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

/** Resolves once the replica follows. */
async function follow(replica: RedisServer): Promise<void> {
  const { hostname, port, password } = new URL(servers[0]?.url ?? '');
  const client = new Redis(replica.url, { disconnectTimeout: 100 });
  await client.config('SET', 'masterauth', password);
  await master.config('SET', 'repl-diskless-sync-delay', '0');
  await client.replicaof(hostname, Number(port));
  client.disconnect();
  await master.set('probe', '1');
  while ((await master.wait(1, 1000)) < 1); // each WAIT lasts until the replica has it, or a second
}

test('An event is kept at once where Redis has no replica', async () => {
  await expect(new Replicas(master).confirm(Date.now())).resolves.toBeUndefined();
});

test('An event counts as kept only once a replica has it, and is refused while the replica is silent', async () => {
  const replica = await start();
  await follow(replica);
  const replicas = new Replicas(master);
  await master.set('event', '1');
  await expect(replicas.confirm(Date.now())).resolves.toBeUndefined();
  replica.kill('SIGSTOP');
  await master.set('event', '2');
  await expect(replicas.confirm(Date.now())).rejects.toThrow(NotReplicated);
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import { startRedisServer } from '../src/store/redis-server.js';

export type TestRedis = {
  /** Stays the same over restarts. */
  url: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** A client with an error listener; `stop` closes it. */
  connect: (options?: Omit<RedisOptions, 'replyMapping'>) => Redis;
  /** Ends Redis and starts it again on the same port and data. */
  restart: () => Promise<void>;
  /** SIGKILL; resolves once the process is gone. `restart` brings it back. */
  kill9: () => Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  freeze: () => void;
  thaw: () => void;
  /** Closes the clients, ends Redis and removes its data. */
  stop: () => Promise<void>;
};

/** A private Redis of this test file, with the server code that production uses. Call `stop` in `afterAll`. */
export async function startTestRedis(): Promise<TestRedis> {
  const dataDir = await mkdtemp(join(tmpdir(), 'posture-relay-redis-'));
  const clients: Redis[] = [];
  let server = await startRedisServer({ dataDir });
  const { url } = server;
  const port = Number(new URL(url).port);
  const end = async (signal: NodeJS.Signals) => {
    server.kill('SIGCONT');
    server.kill(signal);
    await server.exited;
  };
  return {
    url,
    get pid() {
      return server.pid;
    },
    connect: (options) => {
      // ioredis waits that long for a socket that is closed already, which would hold Jest's exit up for 2 s
      const client = new Redis(url, { disconnectTimeout: 100, ...options });
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    },
    restart: async () => {
      await end('SIGTERM');
      server = await startRedisServer({ dataDir, port });
    },
    kill9: () => end('SIGKILL'),
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
    stop: async () => {
      for (const client of clients) client.disconnect();
      await end('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

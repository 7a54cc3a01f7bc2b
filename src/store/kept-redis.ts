import { setTimeout as delay } from 'node:timers/promises';
import { startRedisServer, type RedisServer } from './redis-server.js';

/** Milliseconds between two starts, at least. */
const againMs = 1_000;

/** Is told when Redis ends by itself, when it cannot be started again (each reason once in a row), and when it answers again. */
type Watcher = { ended: (how: string) => void; lost: (error: Error) => void; back: (pid: number) => void };

/**
 * Runs a private Redis as `startRedisServer` does, and starts it again, on the same port and data, whenever it ends by itself (the machine
 * ran out of memory, an engineer killed it). Until it is back nothing is accepted, and what was accepted is in its AOF.
 */
export async function keepRedisServer(dataDir: string, watcher: Watcher): Promise<Pick<RedisServer, 'url' | 'pid' | 'stop'>> {
  const first = await startRedisServer({ dataDir });
  const stopping = new AbortController();
  let current = first;
  const kept = keep();

  async function keep(): Promise<void> {
    for (let startedAt = Date.now(); ; startedAt = Date.now()) {
      const { code, signal } = await current.exited;
      if (stopping.signal.aborted) return;
      watcher.ended(signal ?? `exit code ${code}`);
      await delay(startedAt + againMs - Date.now(), null, { signal: stopping.signal }).catch(() => undefined);
      const next = await startAgain();
      if (next === null || stopping.signal.aborted) return await next?.stop();
      current = next;
      watcher.back(next.pid);
    }
  }

  /** Null once it is to stop. */
  async function startAgain(): Promise<RedisServer | null> {
    const port = Number(new URL(first.url).port);
    for (let reason = ''; !stopping.signal.aborted; ) {
      try {
        return await startRedisServer({ dataDir, port });
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        if (error.message !== reason) watcher.lost(error);
        reason = error.message;
        await delay(againMs, null, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    return null;
  }

  return {
    url: first.url,
    pid: first.pid,
    stop: async () => {
      stopping.abort();
      await current.stop();
      await kept;
    },
  };
}

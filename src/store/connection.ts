import { Redis, type RedisOptions } from 'ioredis';

export type RedisTarget = { url: string } | { sentinels: { host: string; port: number }[]; name: string; url?: string | undefined };

type Options = Omit<RedisOptions, 'replyMapping'>;

const patient: Options = {
  retryStrategy: (attempt) => Math.min(attempt * 100, 1000),
  reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  connectTimeout: 2000,
};

/** For whoever must answer at once: fails a command within 1.5 s instead of queueing it, and recovers within a second. */
export function connectFailingFast(target: RedisTarget): Redis {
  return connect(target, { ...patient, enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 1500 });
}

/** For workers: waits for Redis to come back. Never with a command time-out: a worker's blocking reads would run into it. */
export function connectWaiting(target: RedisTarget): Redis {
  return connect(target, { ...patient, maxRetriesPerRequest: null });
}

function connect(target: RedisTarget, options: Options): Redis {
  if (!('sentinels' in target)) return new CorkedRedis(target.url, options);
  const { sentinels, name } = target;
  return new CorkedRedis({ ...options, sentinels, name });
}

type SendCommand = Parameters<Redis['sendCommand']>;

/** Of the commands of one turn of the event loop the first leaves at once, which wakes Redis, and the others in one write: each write costs more than the command. */
class CorkedRedis extends Redis {
  #corked = false;

  override sendCommand(...args: SendCommand): unknown {
    const { stream } = this;
    const sent = super.sendCommand(...args);
    if (this.status === 'ready' && !this.#corked) {
      this.#corked = true;
      stream.cork();
      process.nextTick(() => {
        this.#corked = false;
        stream.uncork();
      });
    }
    return sent;
  }
}

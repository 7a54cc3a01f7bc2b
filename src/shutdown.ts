import { ConfigError } from './config.js';

export type Stop = () => Promise<void>;

/** Milliseconds for an orderly stop: longer than the deadline of an upstream call, shorter than Kubernetes' 30 s. */
const graceMs = 25_000;

/** Milliseconds in which a process that has stopped may end by itself. */
const lingerMs = 1_000;

/**
 * Starts a process and stops it on SIGTERM or SIGINT, last started first; one that is still starting ends at once. What cannot start
 * says why in one message and exits with 1; what cannot stop in time is ended: nothing accepted is lost by either.
 */
export async function runProcess(name: string, start: (onStop: (stop: Stop) => void) => Promise<void>): Promise<void> {
  const stops: Stop[] = [];
  let started = false;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll(stops);
    return stopping;
  };
  const end = () => {
    const early = !started;
    void stop().then(() => early && process.exit());
  };
  process.once('SIGTERM', end).once('SIGINT', end);
  try {
    await start((stopOne) => stops.unshift(stopOne));
    started = true;
  } catch (error) {
    process.stderr.write(`${name} cannot start.\n${explain(error)}\n`);
    process.exitCode = 1;
    await stop();
  }
}

async function stopAll(stops: Stop[]): Promise<void> {
  const deadline = setTimeout(() => process.exit(process.exitCode ?? 1), graceMs);
  for (const stop of stops.splice(0)) {
    await stop().catch((error: unknown) => {
      process.stderr.write(`While stopping: ${explain(error)}\n`);
      process.exitCode = 1;
    });
  }
  clearTimeout(deadline);
  // A library's timer must not keep a process alive that has stopped (BullMQ's, where Redis was away).
  setTimeout(() => process.exit(), lingerMs).unref();
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}


import { ConfigError } from './config.js';

type Stop = () => Promise<void>;

/** Milliseconds for an orderly stop: longer than the deadline of an upstream call, shorter than Kubernetes' 30 s. */
const graceMs = 25_000;

/** Milliseconds in which a process that has stopped may end by itself. */
const lingerMs = 1_000;

type Keep = (stop: Stop) => void;

/**
 * Starts a process and stops it on SIGTERM or SIGINT: all parts at once (`onStop`: none goes on working while another takes its time), then
 * what they stand on (`onStopped`). One that is still starting ends at once. What cannot start says why in one message and exits with 1; what
 * cannot stop in time is ended: nothing accepted is lost by either.
 */
export async function runProcess(name: string, start: (onStop: Keep, onStopped: Keep) => Promise<void>): Promise<void> {
  const parts: Stop[] = [];
  const foundations: Stop[] = [];
  let started = false;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll([parts, foundations]);
    return stopping;
  };
  const end = () => {
    const early = !started;
    void stop().then(() => early && process.exit());
  };
  process.once('SIGTERM', end).once('SIGINT', end);
  try {
    await start((part) => parts.push(part), (foundation) => foundations.push(foundation));
    started = true;
  } catch (error) {
    process.stderr.write(`${name} cannot start.\n${explain(error)}\n`);
    process.exitCode = 1;
    await stop();
  }
}

async function stopAll(stages: Stop[][]): Promise<void> {
  const deadline = setTimeout(() => process.exit(process.exitCode ?? 1), graceMs);
  for (const stops of stages) await Promise.all(stops.splice(0).map(stopOne));
  clearTimeout(deadline);
  // A library's timer must not keep a process alive that has stopped (BullMQ's, where Redis was away).
  setTimeout(() => process.exit(), lingerMs).unref();
}

async function stopOne(stop: Stop): Promise<void> {
  await stop().catch((error: unknown) => {
    process.stderr.write(`While stopping: ${explain(error)}\n`);
    process.exitCode = 1;
  });
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}


import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { patienceMs } from './patience.js';

const logLineSchema = z.looseObject({
  level: z.number(),
  time: z.string(),
  msg: z.string(),
  url: z.string().optional(),
  key: z.string().optional(),
  result: z.string().optional(),
  outcome: z.string().optional(),
  suspendedAfterMs: z.number().nullish(),
  lastRevocationAfterMs: z.number().nullish(),
  calls: z.array(z.object({ operation: z.string(), result: z.string() })).optional(),
});

export type LogLine = z.infer<typeof logLineSchema>;

export type RelayProcess = {
  /** Emits `line` with every `LogLine`. */
  log: EventEmitter<{ line: [LogLine] }>;
  /** Resolves with the address that the relay logs with this message. */
  urlOf: (message: string) => Promise<string>;
  /** Resolves, with how the process ended and what it complained about, when it is gone. */
  exited: Promise<string>;
  /** Asks the relay to end, which ends its Redis; kills both when it does not. */
  stop: () => Promise<void>;
};

const program = join(import.meta.dirname, '../../../src/main.js');
const warning = 40;
const keptComplaints = 8;

/**
 * Starts the compiled relay with this environment and no other. It has a process group of its own: Ctrl-C reaches the demo, which then
 * ends the relay in order.
 */
export function spawnRelay(environment: NodeJS.ProcessEnv): RelayProcess {
  const child = spawn(process.execPath, [program], { env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = new EventEmitter<{ line: [LogLine] }>();
  const complaints: string[] = [];
  const urls = new Map<string, string>();
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve([signal ?? `exit code ${code}`, ...complaints.slice(-keptComplaints)].join('\n')));
  });
  const endWithUs = () => void child.kill('SIGTERM');
  process.once('exit', endWithUs);
  void exited.then(() => process.removeListener('exit', endWithUs));
  log.on('line', ({ msg, url }) => void (url !== undefined && urls.set(msg, url)));
  createInterface({ input: child.stderr }).on('line', (text) => complaints.push(text));
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = readLogLine(text);
    if (line === null || line.level >= warning) complaints.push(text);
    if (line !== null) log.emit('line', line);
  });

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    const late = new AbortController();
    const tooLate = delay(patienceMs, true, { signal: late.signal }).catch(() => false);
    if ((await Promise.race([exited, tooLate])) === true) killGroup(child.pid);
    late.abort();
    await exited;
    killGroup(child.pid);
  }

  return {
    log,
    urlOf: (message) =>
      new Promise((resolve) => {
        const look = () => void (urls.has(message) && resolve(urls.get(message) ?? ''));
        look();
        log.on('line', look);
      }),
    exited,
    stop,
  };
}

/** Kills what is left of a process group: the Redis of a relay that was killed. */
function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing is left.
  }
}

function readLogLine(text: string): LogLine | null {
  try {
    return logLineSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { locateRedisServer } from './redis-binary.js';
import { readSettings, settingsFile, stopAbandoned, writeSettings, type RedisSettings } from './redis-settings.js';

type Exit = { code: number | null; signal: NodeJS.Signals | null };

export type RedisServer = {
  /** Contains the password: connect with it, never log it. */
  url: string;
  pid: number;
  /** Resolves when the process is gone, for whatever reason. */
  exited: Promise<Exit>;
  /** Asks Redis to finish, which syncs its AOF; resolves once it is gone. */
  stop: () => Promise<void>;
  kill: (signal: NodeJS.Signals) => void;
};

type RedisServerOptions = {
  /** Holds the AOF and the configuration; made when absent. The same folder gives the same data and password. */
  dataDir: string;
  /** A free port when absent. */
  port?: number | undefined;
  /** The executable; searched for when absent. */
  command?: string | undefined;
};

const portAttempts = 5;
const keptLogLines = 10;

/**
 * Runs a private redis-server on 127.0.0.1 with a password and an AOF, and resolves once it answers commands. An accepted
 * write survives the death of any process (`appendfsync everysec`; up to 2 s are lost when the machine itself dies).
 * It ends with this process, unless this one is killed: then the next start on the same folder ends it.
 * Rejects with what to do when no redis-server is found, the folder is in use, or Redis ends early (with its last log lines).
 */
export async function startRedisServer({ dataDir, port, command }: RedisServerOptions): Promise<RedisServer> {
  const executable = command ?? (await locateRedisServer());
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const previous = await readSettings(dataDir);
  if (previous) await stopAbandoned(dataDir, previous);
  const password = previous?.password ?? randomBytes(24).toString('hex');
  for (let attempt = 1; ; attempt += 1) {
    const settings = { port: port ?? (await freePort()), password };
    await writeSettings(dataDir, settings);
    const started = await launch(executable, dataDir, settings);
    if (!(started instanceof EarlyExit)) return started;
    if (port !== undefined || !started.portWasTaken || attempt === portAttempts) throw started;
  }
}

class EarlyExit extends Error {
  readonly portWasTaken: boolean;

  constructor(logLines: readonly string[]) {
    super(`redis-server ended before it was ready. Its last lines:\n${logLines.join('\n')}`);
    this.name = 'EarlyExit';
    this.portWasTaken = logLines.some((line) => line.includes('Address already in use'));
  }
}

async function launch(executable: string, dataDir: string, settings: RedisSettings): Promise<RedisServer | EarlyExit> {
  // A process group of its own: a terminal's Ctrl-C is for us, and we still need Redis to end in order.
  const child = spawn(executable, [settingsFile], { cwd: dataDir, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const lastLines: string[] = [];
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const closed = new Promise<'closed'>((resolve) => child.once('close', () => resolve('closed')));
  child.once('error', (error) => lastLines.push(error.message));
  const first = await Promise.race([readyLine(child, lastLines), closed]);
  if (first === 'closed' || child.pid === undefined) return new EarlyExit(lastLines);

  const endWithUs = () => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  void exited.then(() => process.removeListener('exit', endWithUs));
  return {
    url: `redis://:${settings.password}@127.0.0.1:${settings.port}`,
    pid: child.pid,
    exited,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
    kill: (signal) => void child.kill(signal),
  };
}

/** Keeps reading after that line, so that Redis never blocks on a full pipe. */
function readyLine(child: ChildProcessByStdio<null, Readable, Readable>, lastLines: string[]): Promise<'ready'> {
  return new Promise((resolve) => {
    const keep = (line: string) => {
      lastLines.push(line);
      if (lastLines.length > keptLogLines) lastLines.shift();
      if (line.includes('Ready to accept connections')) resolve('ready');
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', keep);
  });
}

/** A port that is free now; somebody may take it before Redis does, hence the attempts above. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

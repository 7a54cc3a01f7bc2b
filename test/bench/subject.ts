import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const root = resolve(import.meta.dirname, '../../..');

/** The compiled programs that are measured, with the variable that holds the port of each. */
const programs = {
  receiver: { file: 'dist/src/receiver/main.js', port: 'PORT' },
  workers: { file: 'dist/workers/main.js', port: 'METRICS_PORT' },
  bare: { file: 'dist/test/bench/bare-route.js', port: 'PORT' },
  plain: { file: 'dist/test/bench/plain-relay.js', port: 'PORT' },
} as const;

export type Program = keyof typeof programs;

/** A running process that is measured. */
export type Subject = { url: string; pid: number; stop: () => Promise<void> };

type SubjectOptions = {
  /** The Node executable that runs it. */
  node: string;
  environment: Record<string, string>;
};

const startsWithinMs = 60_000;
const keptComplaints = 10;

/** Starts a program as in production (LOG_LEVEL info), its log going to /dev/null; resolves once it is ready. */
export async function startSubject(program: Program, { node, environment }: SubjectOptions): Promise<Subject> {
  const { file, port: portVariable } = programs[program];
  const port = await freePort();
  const child = spawn(node, [join(root, file)], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', LOG_LEVEL: 'info', ...environment, [portVariable]: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  const ended = { yet: false };
  const exited = new Promise<void>((done) => {
    child.once('close', () => {
      ended.yet = true;
      done();
    });
  });
  const endWithUs = () => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + startsWithinMs;
  while (!(await isReady(url))) {
    if (ended.yet || Date.now() > deadline) throw new Error(`${program} does not start:\n${complaints.slice(-keptComplaints).join('\n')}`);
    await delay(25);
  }
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      process.removeListener('exit', endWithUs);
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(new URL('/readyz', url)).catch(() => null);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

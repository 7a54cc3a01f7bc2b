import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** Tests and `npm run chaos` are both started there. */
const root = process.cwd();

const newestSource = Math.max(
  ...['src', 'workers'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => statSync(join(root, folder, name)).mtimeMs),
  ),
);

/** The compiled programs, by the process that each of them is. */
const programs = { relay: 'dist/src/main.js', receiver: 'dist/src/receiver/main.js', workers: 'dist/workers/main.js', console: 'dist/src/console/main.js' };
export type Program = keyof typeof programs;

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

/** A process of the relay, as an operator runs it. */
export type RelayProcess = {
  pid: number;
  /** Everything it wrote to standard output and standard error. */
  output: () => string;
  /** How many lines that is. */
  written: () => number;
  /** Resolves with the first line, of those written after the first `after` ones or to come, that contains `message`; rejects when the process ends before. */
  line: (message: string, after?: number) => Promise<Record<string, unknown>>;
  /** The address that it says it listens on. */
  url: (message?: string) => Promise<string>;
  /** Sends a signal; resolves once the process has ended. */
  end: (signal: NodeJS.Signals) => Promise<Exit>;
  exited: Promise<Exit>;
};

const logLine = z.record(z.string(), z.unknown());

/** Starts a compiled program with these variables and nothing else of this process's environment but the PATH. */
export function startProcess(program: Program, environment: Record<string, string>, options: { ownGroup?: boolean } = {}): RelayProcess {
  const file = join(root, programs[program]);
  if (!existsSync(file) || statSync(file).mtimeMs < newestSource) throw new Error(`${file} is missing or older than its source: run "npm run build" (npm test does).`);
  const child = spawn(process.execPath, [file], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.ownGroup ?? false,
  });
  const lines: string[] = [];
  let waiting: ((line: string) => void)[] = [];
  const exited = new Promise<Exit>((done) => child.once('close', (code, signal) => done({ code, signal })));
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (text) => {
      lines.push(text);
      for (const look of waiting) look(text);
    });
  }

  function line(message: string, after = 0): Promise<Record<string, unknown>> {
    return new Promise((found, failed) => {
      const look = (text: string) => {
        if (!text.includes(message)) return;
        waiting = waiting.filter((other) => other !== look);
        found(text.startsWith('{') ? logLine.parse(JSON.parse(text)) : { msg: text });
      };
      waiting.push(look);
      for (const text of lines.slice(after)) look(text);
      void exited.then(() => failed(new Error(`${program} ended before it wrote "${message}":\n${lines.slice(-20).join('\n')}`)));
    });
  }

  return {
    pid: child.pid ?? 0,
    written: () => lines.length,
    output: () => lines.join('\n'),
    line,
    url: async (message = 'receiver listens') => z.string().parse((await line(message))['url']),
    end: async (signal) => {
      child.kill(signal);
      return await exited;
    },
    exited,
  };
}

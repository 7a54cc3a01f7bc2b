import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';

const scripts = join(import.meta.dirname, '../../scripts');
const lock = { lockfileVersion: 3, packages: { '': {}, 'node_modules/express': { version: '5.3.0', integrity: 'sha512-x' } } };

export type BareProject = {
  root: string;
  write: (path: string, text: string) => Promise<void>;
  /** A program on the project's PATH, which holds nothing else but the programs written here. */
  program: (name: string, body: string) => Promise<void>;
  /** As if npm had installed what the lock file asks for. */
  install: () => Promise<void>;
  run: (script: string, ...args: string[]) => Running;
  remove: () => Promise<void>;
};

type Running = {
  child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves once the output contains the text. */
  printed: (text: string) => Promise<void>;
  ended: Promise<{ code: number | null; output: string }>;
};

/** A checkout with our scripts and nothing else: one dependency that is not installed, an empty PATH. */
export async function makeBareProject(): Promise<BareProject> {
  const root = await mkdtemp(join(tmpdir(), 'posture-relay-bare-'));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await cp(scripts, join(root, 'scripts'), { recursive: true });
  await write('package.json', '{}');
  await write('package-lock.json', JSON.stringify(lock));
  return {
    root,
    write,
    program: async (name, body) => {
      await write(`bin/${name}`, `#!/bin/sh\n${body}\n`);
      await chmod(join(root, 'bin', name), 0o755);
    },
    install: () => write('node_modules/.package-lock.json', JSON.stringify(lock)),
    run: (script, ...args) => running(root, [join(root, 'scripts', script), ...args]),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

function running(root: string, args: string[]): Running {
  const child = spawn(process.execPath, args, { cwd: root, env: { PATH: join(root, 'bin') }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    child,
    printed: async (text) => {
      while (!output.includes(text)) await once(child.stdout, 'data');
    },
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, output }))),
  };
}

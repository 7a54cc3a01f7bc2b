import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const oldestUsable = [6, 2] as const;

/**
 * The command that starts Redis 6.2 or newer: `redis-server` on the PATH, else the one that `scripts/prepare.mjs` fetched.
 * Throws an error that says what to run when there is none. 6.2 is what BullMQ recommends (docs.bullmq.io, "Requirements").
 */
export async function locateRedisServer(candidates: readonly string[] = usualPlaces()): Promise<string> {
  for (const command of candidates) {
    if (await isUsable(command)) return command;
  }
  throw new Error(
    `No redis-server ${oldestUsable.join('.')} or newer was found. ` +
      'Run "node scripts/prepare.mjs", or install Redis, or set REDIS_URL to one that runs already.',
  );
}

function usualPlaces(): string[] {
  const cached = ancestors(import.meta.dirname).map((folder) => join(folder, 'node_modules/.cache/redis/redis-server'));
  return ['redis-server', ...cached];
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

async function isUsable(command: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(command, ['--version']);
    const [, major = 0, minor = 0] = (/\bv=(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    return major > oldestUsable[0] || (major === oldestUsable[0] && minor >= oldestUsable[1]);
  } catch {
    return false;
  }
}

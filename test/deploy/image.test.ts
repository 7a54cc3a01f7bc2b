import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { specifiers } from '../architecture-rules.js';
import { compose, root, sourceOf } from './compose-file.js';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = z.object({ dependencies: z.record(z.string(), z.string()), bin: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));

type Stage = { base: string; name: string; lines: string[] };

/** The Dockerfile's stages in their order. */
const stages = read('Dockerfile').split(/^(?=FROM )/m).slice(1).map((text): Stage => {
  const [from = '', ...lines] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const [, base = '', name = ''] = /^FROM (\S+) AS (\S+)$/.exec(from) ?? [];
  return { base, name, lines };
});
const stageNamed = (name: string) => stages.find((stage) => stage.name === name);
const copied = (stage: Stage | undefined, from: 'context' | 'build') =>
  (stage?.lines ?? []).flatMap((line) => {
    const [, flag, paths = ''] = /^COPY (--from=build )?(.+)$/.exec(line) ?? [];
    return (flag === undefined) === (from === 'context') ? paths.split(' ').filter(Boolean).slice(0, -1) : [];
  });
/** What a stage, or the one that it is built on, says with an instruction last. */
function last(stage: Stage | undefined, instruction: string): string | undefined {
  if (!stage) return undefined;
  const said = stage.lines.findLast((line) => line.startsWith(`${instruction} `));
  return said === undefined ? last(stageNamed(stage.base), instruction) : said.slice(instruction.length + 1);
}

describe('the Dockerfile', () => {
  test('builds on a pinned major version of Node, and on nothing else', () => {
    expect(stages.map(({ base }) => base)).toEqual(['node:24-bookworm-slim', 'node:24-bookworm-slim', 'runtime', 'runtime']);
    expect(stages.at(-1)?.name).toBe('relay');
  });

  test('copies what is there, and .dockerignore lets through that and no more', () => {
    const wanted = copied(stageNamed('build'), 'context').map((path) => path.replace(/^\.\//, ''));
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const [first, ...patterns] = read('.dockerignore').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    expect(patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1)).toSorted()).toEqual(wanted.toSorted());
  });

  test('puts no source, test, script or development file into what runs', () => {
    expect(copied(stageNamed('runtime'), 'context')).toEqual([]);
    expect(copied(stageNamed('runtime'), 'build')).toEqual(['/app/package.json', '/app/node_modules', '/app/dist/src', '/app/dist/workers']);
    expect(stageNamed('relay')?.lines.filter((line) => line.startsWith('COPY'))).toEqual([]);
    expect(copied(stageNamed('sandbox'), 'build')).toEqual(['/app/dist/test/sandbox']);
    expect(stageNamed('build')?.lines.at(-1)).toMatch(/npm prune --omit=dev/);
  });

  test.each(['relay', 'sandbox'])('the target %s runs a program of the build, in production, as a user that is not root', (target) => {
    const stage = stageNamed(target);
    expect(last(stage, 'USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(last(stage, 'ENV')).toBe('NODE_ENV=production');
    const [node, program = ''] = z.array(z.string()).parse(JSON.parse(last(stage, 'CMD') ?? '[]'));
    expect(node).toBe('node');
    expect(existsSync(join(root, sourceOf(program)))).toBe(true);
  });

  test('has the relay command on the PATH', () => {
    expect(stageNamed('runtime')?.lines).toContain(`RUN ln -s /app/${manifest.bin['relay']} /usr/local/bin/relay`);
    expect(read(sourceOf(manifest.bin['relay'] ?? ''))).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test('has every target that docker-compose.yml builds', () => {
    const targets = Object.values(compose.services).flatMap(({ build }) => (build ? [build.target] : []));
    expect(targets.filter((target) => !stageNamed(target))).toEqual([]);
    expect(targets).toContain('relay');
  });
});

/** The packages that a program loads, with everything that it imports; what is imported as a type only is gone from the build. */
function packagesOf(source: string, seen = new Set<string>()): string[] {
  if (seen.has(source)) return [];
  seen.add(source);
  const kept = read(source).replaceAll(/^(?:import|export) type [^;]*;/gm, '');
  return specifiers(kept).flatMap((specifier) => {
    if (specifier.startsWith('.')) return packagesOf(posix.join(posix.dirname(source), specifier.replace(/\.js$/, '.ts')), seen);
    return isBuiltin(specifier) ? [] : [specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')];
  });
}

const programs = [...Object.values(compose.services).flatMap(({ command = [] }) => command), 'dist/src/main.js', manifest.bin['relay'] ?? '']
  .filter((word) => word.startsWith('dist/'))
  .map(sourceOf);

describe('once development dependencies are gone', () => {
  test.each([...new Set(programs)])('%s finds every package that it loads', (program) => {
    const packages = [...new Set(packagesOf(program))];
    expect(packages).toContain('zod');
    expect(packages.filter((name) => !(name in manifest.dependencies))).toEqual([]);
  });

  test('a development dependency would be noticed', () => {
    expect(packagesOf('test/sandbox/contract.ts')).toContain('ajv');
    expect(manifest.dependencies).not.toHaveProperty('ajv');
  });
});

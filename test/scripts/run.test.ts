import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeBareProject, type BareProject } from './bare-project.js';

let project: BareProject;

/** Programs in the places of the real ones, which say that they ran. */
beforeEach(async () => {
  project = await makeBareProject();
  await project.install();
  await project.program('redis-server', 'echo "Redis server v=7.0.15"');
  await project.write('node_modules/typescript/bin/tsc', 'console.log("tsc", ...process.argv.slice(2))');
  await project.write('node_modules/jest/bin/jest.js', 'console.log("jest", ...process.argv.slice(2))');
});

afterEach(() => project.remove());

describe('an npm script', () => {
  it('prepares, builds and hands its arguments to the last program', async () => {
    const { code, output } = await project.run('run.mjs', 'test', 'some/pattern', '--verbose').ended;
    expect(code).toBe(0);
    expect(output).toMatch(/dependencies are installed\n.*Redis 7\.0.*\ntsc -p tsconfig\.build\.json\njest some\/pattern --verbose\n$/);
  });

  it('stops at the first program that fails, with its exit code', async () => {
    await project.write('node_modules/typescript/bin/tsc', 'process.exit(2)');
    const { code, output } = await project.run('run.mjs', 'test').ended;
    expect(code).toBe(2);
    expect(output).not.toContain('jest');
  });

  it('builds from nothing, so that no file of an earlier build survives', async () => {
    await project.write('dist/src/removed.js', '');
    await project.run('run.mjs', 'build').ended;
    expect(existsSync(join(project.root, 'dist/src/removed.js'))).toBe(false);
  });

  it('passes a SIGTERM on and ends as the program ends', async () => {
    const program = 'process.on("SIGTERM", () => process.exit(7)); setInterval(() => {}, 1000); console.log("ready")';
    const output = `require("fs").mkdirSync("dist/src", { recursive: true }); require("fs").writeFileSync("dist/src/main.js", ${JSON.stringify(program)})`;
    await project.write('node_modules/typescript/bin/tsc', output);
    const started = project.run('run.mjs', 'start');
    await started.printed('ready');
    started.child.kill('SIGTERM');
    expect((await started.ended).code).toBe(7);
  });

  it('start gives the relay what .env says, and fetches no Redis where .env names one', async () => {
    await rm(join(project.root, 'bin/redis-server'));
    await project.write('.env', "UEM_WEBHOOK_USERNAME='from .env'\nREDIS_URL=redis://127.0.0.1:6379\n");
    const program = 'console.log(process.env.UEM_WEBHOOK_USERNAME, process.env.REDIS_URL)';
    await project.write('node_modules/typescript/bin/tsc', `require("fs").mkdirSync("dist/src", { recursive: true }); require("fs").writeFileSync("dist/src/main.js", ${JSON.stringify(program)})`);
    const { code, output } = await project.run('run.mjs', 'start').ended;
    expect(output).toMatch(/from \.env redis:\/\/127\.0\.0\.1:6379\n$/);
    expect(code).toBe(0);
  });

  it('that does not exist is refused with the list of those that do', async () => {
    expect(await project.run('run.mjs', 'dance').ended).toEqual({ code: 2, output: expect.stringContaining('build|check|test|demo|start') });
  });
});

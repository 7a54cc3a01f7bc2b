import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';

const program = join(import.meta.dirname, '../../dist/test/bench/main.js');
const output = z.object({ results: z.array(z.object({ figures: z.array(z.object({ what: z.string(), measured: z.number().nullable() })) })) });

function bench(...options: string[]): Promise<{ code: number | string | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...options], (error, stdout, stderr) => resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr }));
  });
}

test('a quick run measures every figure, once', async () => {
  const { code, stdout, stderr } = await bench('--quick');
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const { results } = output.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  expect(results).toHaveLength(1);
  const figures = results.flatMap((result) => result.figures);
  expect(figures.length).toBeGreaterThan(50);
  // Memory and processor time are read from /proc.
  const missing = process.platform === 'linux' ? figures.filter(({ measured }) => measured === null) : [];
  expect(missing).toEqual([]);
}, 300_000);

test('a measurement that does not exist is wrong usage, and those that do are named', async () => {
  const { code, stderr } = await bench('--only', 'storm,strom');
  expect(code).toBe(2);
  expect(stderr).toContain('There is no measurement called "strom"');
  expect(stderr).toContain('cold-storm');
});

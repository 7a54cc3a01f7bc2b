import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

/** The compiled demo, as `npm run demo` starts it. */
async function runDemo() {
  const child = spawn(process.execPath, ['dist/test/sandbox/demo/main.js'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, output, errors };
}

describe('the demo', () => {
  it('plays its story against the compiled relay and finds everything as it should be, on one screen', async () => {
    const { code, output, errors } = await runDemo();
    expect({ code, errors, failures: output.match(/^FAIL.*/gm) }).toEqual({ code: 0, errors: '', failures: null });
    expect(output).toMatch(/^PASS {2}the whole demo/m);
    const lines = output.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(45);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });
});

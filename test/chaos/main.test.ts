import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

const chaos = (...options: string[]) => spawnSync(process.execPath, ['dist/test/chaos/main.js', ...options], { encoding: 'utf8', timeout: 100_000 });

test('A torture run says what it did, and that nothing was lost.', () => {
  const { status, stdout, stderr } = chaos('--seconds', '4', '--people', '2', '--workers', '1', '--kill-every', '1');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^8 devices flap for 4 s on 1 worker processes.*\n\d+ events taken.*killed: [1-9]\d* x worker.*\nTwo requests for one device at a time: 0\. Devices not as UEM said last: 0\.\n$/);
}, 120_000);

test.each([[['--seconds', 'x'], '--seconds must be'], [['--secs', '3'], '--secs']])('A torture run that is asked for with %j is wrong usage, with the options that there are.', (options, complaint) => {
  const { status, stderr } = chaos(...options);
  expect(status).toBe(2);
  expect(stderr).toContain(complaint);
  expect(stderr).toContain('--kill-every');
});

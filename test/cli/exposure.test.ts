import { describe, expect, it } from '@jest/globals';
import { newestLockOut, renderExposure } from '../../src/cli/exposure.js';
import { ago, lockingRun } from './answers.js';

const none = { eventTime: null, receivedAt: null, suspendedAt: null, lastRevocationAt: null };
const open = { openedAt: ago(120), letIn: [], complete: true };

describe('the exposure clock', () => {
  it('spans all runs of the newest lock-out: begun by its first, ended by the last that did something', () => {
    const first = lockingRun({ outcome: 'retry', exposure: { ...lockingRun().exposure, lastRevocationAt: null } });
    const second = lockingRun({ endedAt: ago(60), exposure: { ...none, receivedAt: ago(121), lastRevocationAt: ago(61) } });
    const recheck = lockingRun({ endedAt: ago(30), generation: 2, exposure: { ...none, receivedAt: ago(31) } });
    expect(newestLockOut({ containment: open, runs: [recheck, second, first] })).toEqual({
      eventTime: ago(125),
      receivedAt: ago(121),
      suspendedAt: ago(119.8),
      lastRevocationAt: ago(61),
    });
  });

  it('leaves out the runs of an earlier lock-out and those that let the device in', () => {
    const earlier = lockingRun({ endedAt: ago(9000), exposure: { ...none, eventTime: ago(9010), suspendedAt: ago(9001) } });
    const release = lockingRun({ endedAt: ago(5), posture: 'free', generation: 3, exposure: none });
    expect(newestLockOut({ containment: open, runs: [lockingRun(), earlier] })).toEqual(lockingRun().exposure);
    const releaseBefore = lockingRun({ endedAt: ago(500), posture: 'free', exposure: none });
    expect(newestLockOut({ containment: null, runs: [release, lockingRun({ generation: 2 }), releaseBefore, earlier] })).toEqual(lockingRun().exposure);
  });

  it('is that of the lock-out, and not of the newest look at its records, once the device has been let in', () => {
    const release = lockingRun({ endedAt: ago(5), posture: 'free', generation: 3, exposure: none });
    const recheck = lockingRun({ outcome: 'unchanged', endedAt: ago(58), generation: 2, exposure: { ...lockingRun().exposure, suspendedAt: null, lastRevocationAt: null } });
    expect(newestLockOut({ containment: null, runs: [release, recheck, lockingRun()] })).toEqual(lockingRun().exposure);
  });

  it('goes on where letting the device in had only been tried', () => {
    const tried = lockingRun({ endedAt: ago(90), posture: 'free', outcome: 'retry', exposure: none });
    const second = lockingRun({ endedAt: ago(60), generation: 3, exposure: { ...none, eventTime: ago(80), lastRevocationAt: ago(61) } });
    expect(newestLockOut({ containment: open, runs: [second, tried, lockingRun()] })).toMatchObject({ eventTime: ago(125), lastRevocationAt: ago(61) });
  });

  it('is null when no run has locked the device', () => {
    expect(newestLockOut({ containment: null, runs: [lockingRun({ posture: 'free' })] })).toBeNull();
  });

  it('says which station was not reached, and counts on from the one before', () => {
    const text = renderExposure({ eventTime: null, receivedAt: ago(10), suspendedAt: null, lastRevocationAt: ago(8) });
    expect(text).toMatch(/event .* not reached\n/);
    expect(text).toMatch(/suspended +not reached\n/);
    expect(text).toMatch(/last revocation .* \+2 s\n/);
    expect(text).toMatch(/in all +2 s/);
  });

  it('shows a clock that runs backwards as such', () => {
    expect(renderExposure({ ...none, eventTime: ago(5), receivedAt: ago(8) })).toMatch(/received .* -3 s/);
  });
});

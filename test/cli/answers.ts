import type { DeviceAnswer, RunAnswer, StatusAnswer } from '../../src/cli/answers.js';

export const now = Date.parse('2026-03-04T03:00:00Z');
export const ago = (seconds: number) => now - seconds * 1000;

/** A status in which nothing is wrong. */
export function quietStatus(changes: Partial<StatusAnswer> = {}): StatusAnswer {
  return {
    mode: 'enforce',
    lastEventAt: ago(20),
    listedAtMost: 50,
    devices: { unsettled: 0, failed: 0, held: 0, lockedByUs: 0 },
    exposed: [],
    wronglyLocked: [],
    held: [],
    unreadable: [],
    blocks: [],
    queue: { prioritized: 0, waiting: 0, active: 0, delayed: 0 },
    runs: [],
    ...changes,
  };
}

/** A device that has been exposed for four minutes. */
export function exposedDevice(changes: Partial<StatusAnswer['exposed'][number]> = {}): StatusAnswer['exposed'][number] {
  return {
    key: 'udid:0000812000aa',
    standing: 'exposed',
    causes: ['noncompliant'],
    since: ago(240),
    name: 'Ada iPhone',
    platform: 'Apple',
    failure: null,
    enforced: false,
    lastRun: { outcome: 'retry', detail: 'okta suspendDevice: transient, HTTP 503', endedAt: ago(30) },
    ...changes,
  };
}

/** A run that locked the device out completely, two minutes ago. */
export function lockingRun(changes: Partial<RunAnswer> = {}): RunAnswer {
  return {
    outcome: 'done',
    detail: '',
    endedAt: ago(118),
    generation: 1,
    attempt: 1,
    posture: 'contain',
    causes: ['noncompliant'],
    notes: [],
    steps: [
      { operation: 'suspendDevice', target: 'guo1', result: 'suspended', status: 204, requestId: 'req-suspend', attempt: 1, startedAt: ago(119.9), durationMs: 100 },
      { operation: 'revokeUserSessions', target: '00u1', result: 'revoked', status: 204, requestId: 'req-revoke', attempt: 1, startedAt: ago(119), durationMs: 80 },
    ],
    startedAt: ago(120),
    exposure: { eventTime: ago(125), receivedAt: ago(121), suspendedAt: ago(119.8), lastRevocationAt: ago(118.5) },
    ...changes,
  };
}

/** A device that we locked two minutes ago because it does not comply. */
export function lockedDevice(changes: Partial<DeviceAnswer> = {}): DeviceAnswer {
  return {
    key: 'udid:0000812000aa',
    standing: 'locked_by_us',
    causes: ['noncompliant'],
    since: ago(120),
    name: 'Ada iPhone',
    platform: 'Apple',
    failure: null,
    enforced: true,
    identity: { email: 'ada@example.com', udid: '00008120-00AA', serialNumber: 'C0FFEE', enrolment: '1000', ownership: null, organizationGroup: 'Corp' },
    facts: { compliance: 'noncompliant', complianceSince: ago(125), compromised: false, compromisedSince: null, ended: null, endedSince: null, unrecognised: null },
    generation: 1,
    enforcedGeneration: 1,
    dirtySince: null,
    because: { why: 'event', eventId: '1772593079000-0', receivedAt: ago(121) },
    ledger: { guo1: { state: 'ours', at: ago(120), statusSeen: 'active', requestId: 'req-suspend' } },
    containment: { openedAt: ago(120), letIn: [], complete: true },
    held: null,
    failed: null,
    runs: [lockingRun()],
    events: [{ id: '1772593079000-0', receivedAt: ago(121), result: 'queued', reason: '', body: {} }],
    ...changes,
  };
}

/** Nothing is emphasised. */
export const plain = (_emphasis: string, text: string) => text;

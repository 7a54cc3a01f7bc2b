import { describe, expect, test } from '@jest/globals';
import { renderShadow } from '../../src/cli/shadow.js';
import { compareWithFlow } from '../../src/compliance/comparison.js';

const decision = { wanted: 'suspended', decidedAt: 1_000_000, changedAt: 1_090_000 } as const;

describe('beside the flow that a team has', () => {
  test('a device that the flow suspended counts as agreed, with how much later than the relay decided', () => {
    expect(compareWithFlow({ ...decision, seen: 'suspended' })).toEqual({ kind: 'agreed', laterByMs: 90_000 });
  });

  test('a record that changed before the decision says nothing about the flow\'s speed', () => {
    expect(compareWithFlow({ ...decision, seen: 'suspended', changedAt: 1 })).toEqual({ kind: 'agreed', laterByMs: null });
  });

  test('a device that is still active was missed; one out of use was not', () => {
    expect(compareWithFlow({ ...decision, seen: 'active' })).toEqual({ kind: 'missed' });
    expect(compareWithFlow({ ...decision, seen: 'gone' }).kind).toBe('agreed');
    expect(compareWithFlow({ ...decision, wanted: 'active', seen: 'suspended' })).toEqual({ kind: 'missed' });
  });

  test('the report says first how often the flow agreed, then what it missed and did late', () => {
    const missed = { key: 'serial:5cd1', wanted: 'suspended', seen: 'active', decidedAt: 1_000_000, agreement: { kind: 'missed' } };
    const late = { ...missed, key: 'udid:aa', seen: 'suspended', agreement: { kind: 'agreed', laterByMs: 240_000 } };
    const text = renderShadow({ since: 0, compared: 5, agreed: 4, missed: [missed], late: [late], lateAfterMs: 60_000 });
    expect(text.split('\n')[0]).toBe('The flow agreed with 4 of 5 decisions; it missed 1, and did 1 more than 1 min later.');
    expect(text).toMatch(/missed: active.*serial:5cd1/);
    expect(text).toMatch(/late by 4 min.*udid:aa/);
  });
});

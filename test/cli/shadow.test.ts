import { describe, expect, test } from '@jest/globals';
import { renderShadow } from '../../src/cli/shadow.js';

const missed = { key: 'serial:5cd1', wanted: 'suspended', seen: 'active', why: 'noncompliant', decidedAt: 1_000_000, agreement: { kind: 'missed' } };
const late = { ...missed, key: 'udid:aa', seen: 'suspended', agreement: { kind: 'agreed', laterByMs: 240_000 } };
const report = { since: 0, compared: 5, agreed: 4, missed: [missed], late: [late], lateAfterMs: 60_000, unread: 0 };

describe('the report of shadow mode', () => {
  test('says first how often the flow agreed, then what it missed and did late, each with its device and why', () => {
    const text = renderShadow(report);
    expect(text.split('\n')[0]).toBe('The flow agreed with 4 of 5 decisions, 1 of them more than 1 min later; it missed 1.');
    expect(text).toMatch(/missed: active.*serial:5cd1\n +noncompliant\n/);
    expect(text).toMatch(/late by 4 min.*udid:aa/);
  });

  test('says what the flow suspended although the relay would have left it to a human', () => {
    const locked = { ...missed, wanted: 'unchanged', seen: 'suspended', why: 'noncompliant, held_mass' };
    expect(renderShadow({ ...report, missed: [locked] })).toMatch(/as it was +suspended it +serial:5cd1\n +noncompliant, held_mass/);
  });

  test('says since when it counts, what could not be read, and when there is nothing yet', () => {
    const nothing = { ...report, since: 86_400_000, compared: 0, agreed: 0, missed: [], late: [] };
    expect(renderShadow(nothing)).toMatch(/^Since 1970-01-02 00:00:00.000Z: Nothing is compared yet: the relay looks/);
    expect(renderShadow({ ...nothing, unread: 2 }).replaceAll('\n', ' ')).toMatch(/About 2 more Okta gave no usable answer\.$/);
  });
});

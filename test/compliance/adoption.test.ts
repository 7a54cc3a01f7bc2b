import { describe, expect, test } from '@jest/globals';
import { adoptedEntry, adoptionOf } from '../../src/compliance/adoption.js';
import { isOurs, type LedgerEntry } from '../../src/compliance/ledger.js';

const at = Date.parse('2026-03-04T03:00:00Z');
const suspendedBy = (actor: string) => ({ what: 'suspended' as const, at, actor });
const entry = (changes: Partial<LedgerEntry>): LedgerEntry => ({ state: 'ours', at, statusSeen: 'active', requestId: null, ...changes });

describe('a suspended record is taken over', () => {
  test('only if the log says that this client was the last to suspend it', () => {
    expect(adoptionOf(undefined, suspendedBy('flow'), 'flow')).toBe('adopted');
    expect(adoptionOf(undefined, suspendedBy('admin'), 'flow')).toBe('suspended_by_others');
    expect(adoptionOf(undefined, { what: 'unsuspended', at, actor: 'flow' }, 'flow')).toBe('no_longer_suspended');
    expect(adoptionOf(undefined, undefined, 'flow')).toBe('not_in_log');
  });

  test('only if it is not ours already; what is ours without proof, or was let in before, is', () => {
    expect(adoptionOf(entry({}), suspendedBy('flow'), 'flow')).toBe('already_ours');
    expect(adoptionOf(entry({ unproven: true }), suspendedBy('flow'), 'flow')).toBe('adopted');
    expect(adoptionOf(entry({ unproven: true }), suspendedBy('admin'), 'flow')).toBe('suspended_by_others');
    expect(adoptionOf(entry({ state: 'released' }), suspendedBy('flow'), 'flow')).toBe('adopted');
    expect(adoptionOf(entry({ statusSeen: 'suspended' }), suspendedBy('flow'), 'flow')).toBe('adopted');
  });

  test('as ours since it was suspended', () => {
    const adopted = adoptedEntry(suspendedBy('flow'));
    expect(adopted).toMatchObject({ state: 'ours', at });
    expect(isOurs(adopted)).toBe(true);
  });
});

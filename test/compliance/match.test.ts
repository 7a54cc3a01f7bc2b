import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchRecords } from '../../src/compliance/match.js';
import { record, user } from './records.js';

const [ada, alan] = [user('ada'), user('alan')];

describe('records found by one serial number', () => {
  test.each([
    ['none', [], 'none'],
    ['one', [record('a')], 'one'],
    ['equal UDIDs in different spellings', [record('a', { udid: 'AB-1', users: [ada] }), record('b', { udid: 'ab1', users: [alan] })], 'one'],
    ['an equal TPM hash', [record('a', { tpmHash: 't', users: [ada] }), record('b', { tpmHash: 't' })], 'one'],
    ['an equal TPM hash and different UDIDs', [record('a', { tpmHash: 't', udid: '1' }), record('b', { tpmHash: 't', udid: '2' })], 'one'],
    ['nothing that differs and equal users', [record('a', { users: [ada, alan] }), record('b', { users: [alan, ada] })], 'one'],
    ['nothing that differs and other users', [record('a', { users: [ada] }), record('b', { users: [alan] })], 'ambiguous'],
    ['different TPM hashes and equal users', [record('a', { tpmHash: '1', users: [ada] }), record('b', { tpmHash: '2', users: [ada] })], 'ambiguous'],
    ['different UDIDs and equal users', [record('a', { udid: '1', users: [ada] }), record('b', { udid: '2', users: [ada] })], 'ambiguous'],
    ['a deactivated one that differs', [record('a', { udid: '1' }), record('b', { udid: '2', status: 'deactivated' })], 'one'],
    ['a chain', [record('a', { udid: '1' }), record('b', { tpmHash: 't', udid: '1' }), record('c', { tpmHash: 't', udid: '2' })], 'one'],
  ] as const)('with %s', (_what, records, kind) => {
    expect(matchRecords([...records], false).kind).toBe(kind);
    expect(matchRecords([...records], true).kind).toBe(kind === 'ambiguous' ? 'one' : kind);
  });

  test('are judged the same in any order', () => {
    const some = fc.record({ udid: fc.constantFrom(null, '1', '2'), tpmHash: fc.constantFrom(null, 't', 'u'), users: fc.subarray([ada, alan]) });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 4 }), (all) => {
        const records = all.map((fields, i) => record(`id${i}`, fields));
        expect(matchRecords(records.toReversed(), false).kind).toBe(matchRecords(records, false).kind);
      }),
    );
  });
});

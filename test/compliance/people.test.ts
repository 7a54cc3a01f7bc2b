import { describe, expect, test } from '@jest/globals';
import { choosePeople, linkedEnrolmentUser } from '../../src/compliance/people.js';
import { record, user } from './records.js';

const ada = user('ada', { login: 'ada@corp.example', email: 'Ada.Lovelace@example.com' });
const alan = user('alan');

describe('whom a lock-out signs out', () => {
  test('the enrolment user is known among the linked ones by login or by mail address, in any case', () => {
    const records = [record('a', { users: [alan, ada] })];
    expect(linkedEnrolmentUser(records, 'ADA@corp.example')).toEqual(ada);
    expect(linkedEnrolmentUser(records, 'ada.lovelace@example.com')).toEqual(ada);
    expect(linkedEnrolmentUser(records, 'eve@example.com')).toBeUndefined();
    expect(linkedEnrolmentUser([record('a', { users: [ada], status: 'deactivated' })], 'ada@corp.example')).toBeUndefined();
    expect(linkedEnrolmentUser(records, null)).toBeUndefined();
  });

  test('the enrolment user comes first, everybody once, with every address by which Entra ID may know them', () => {
    const records = [record('a', { users: [alan, ada] }), record('b', { users: [ada] })];
    expect(choosePeople(records, { email: 'ada@corp.example', user: ada }, 5)).toEqual({
      okta: [ada, alan],
      entra: [['ada@corp.example', 'Ada.Lovelace@example.com'], ['alan@example.com']],
      shared: false,
    });
  });

  test('an enrolment user whom Okta does not know is still tried at Entra ID', () => {
    expect(choosePeople([record('a', { users: [alan] })], { email: 'eve@example.com', user: null }, 5)).toEqual({
      okta: [alan],
      entra: [['alan@example.com'], ['eve@example.com']],
      shared: false,
    });
    expect(choosePeople([], { email: null, user: null }, 5)).toEqual({ okta: [], entra: [], shared: false });
  });

  test('as many as are allowed are taken, and one more makes a shared device of it', () => {
    const linked = ['a', 'b', 'c'].map((id) => user(id));
    const records = [record('r', { users: linked })];
    const [first = alan] = linked;
    expect(choosePeople(records, { email: first.login, user: first }, 3)).toMatchObject({ okta: linked, shared: false });
    expect(choosePeople(records, { email: alan.login, user: alan }, 3)).toEqual({ okta: [alan], entra: [[alan.login]], shared: true });
    expect(choosePeople(records, { email: 'eve@example.com', user: null }, 2)).toEqual({ okta: [], entra: [['eve@example.com']], shared: true });
  });
});

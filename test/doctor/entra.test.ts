import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { checkOf, impatient, skippedAll, startDoctorSubject, type DoctorSubject } from './subject.js';

let subject: DoctorSubject;

beforeAll(async () => {
  subject = await startDoctorSubject();
});
afterEach(() => subject.heal());
afterAll(() => subject.stop());

const dated = (aheadMs: number) => ({
  kind: 'status' as const,
  status: 200,
  headers: { date: new Date(Date.now() + aheadMs).toUTCString() },
  body: '{"issuer":"https://acme.okta.com"}',
});

describe('Entra ID', () => {
  const denied = { kind: 'status', status: 403, body: '{"error":{"code":"Authorization_RequestDenied","message":"text"}}' } as const;

  test('that revoked the permission fails that check only, which names it', async () => {
    subject.entra.order({ operation: 'revokeSignInSessions', fault: denied });
    expect(await subject.trouble()).toEqual({ entra_sessions: 'fail' });
    expect(checkOf(await subject.examine(), 'entra_sessions')?.advice).toContain('User.RevokeSessions.All');
  });

  test('that lets nobody be looked up is a warning', async () => {
    subject.entra.order({ operation: 'listUsers', fault: denied, object: 'proxyAddresses' });
    expect(await subject.trouble()).toEqual({ entra_proxy_addresses: 'warn' });
    subject.entra.order({ operation: 'listUsers', fault: denied });
    expect(await subject.trouble()).toEqual({ entra_mail: 'warn', entra_proxy_addresses: 'warn' });
  });

  test.each([429, 503])('that answers %d to a random object id has not said whether it is allowed: that is no GO', async (status) => {
    subject.entra.order({ operation: 'revokeSignInSessions', fault: { kind: 'status', status } });
    expect(await subject.trouble()).toEqual({ entra_sessions: 'fail' });
    expect(checkOf(await subject.examine(), 'entra_sessions')?.advice).toContain('run the doctor again');
  });

  const rest = skippedAll(['entra_sessions', 'entra_mail', 'entra_proxy_addresses']);

  test('that refuses the secret fails the token, and says why', async () => {
    subject.entra.rejectCredentials(true);
    expect(await subject.trouble()).toEqual({ entra_token: 'fail', ...rest });
    expect(checkOf(await subject.examine(), 'entra_token')).toMatchObject({ measured: expect.stringContaining('AADSTS7000222'), advice: expect.stringContaining('expired') });
  });

  test('that hangs fails in time and hides nothing else', async () => {
    subject.entra.order({ fault: { kind: 'hang' } });
    expect(await subject.trouble({}, impatient)).toEqual({ entra_token: 'fail', ...rest });
  });

  test('is said to be off where it is not configured', async () => {
    expect(await subject.trouble({ AZURE_TENANT_ID: '', AZURE_CLIENT_ID: '' })).toEqual({ entra_token: 'skipped', ...rest });
  });
});

describe('clocks', () => {
  test('that lie apart are a warning, then a failure', async () => {
    subject.okta.order({ operation: 'metadata', fault: dated(-90_000) });
    expect(await subject.trouble()).toEqual({ clocks: 'warn' });
    subject.okta.clearFaults();
    subject.okta.order({ operation: 'metadata', fault: dated(400_000) });
    expect(await subject.trouble()).toEqual({ clocks: 'fail' });
  });
});

test('after all of this no device changed, nobody was signed out, and no report held a secret', () => {
  expect(subject.harm()).toEqual([]);
});

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import { basic, credentials, startTestReceiver, type TestReceiver } from './receiver.js';

const previous = { username: 'uem-before', password: 'previous-password-canary' };
const umlauts = { username: 'uem', password: 'grüße-€-Пароль' };

/** As a file that nobody is writing at the moment. */
function keep(path: string, text: string): void {
  writeFileSync(path, text);
  utimesSync(path, 0, 0);
}

let receiver: TestReceiver;
const testConnection = async (authorization: string | null) => await receiver.call({ method: 'GET', authorization });

describe('with one pair of credentials', () => {
  beforeAll(async () => {
    receiver = await startTestReceiver();
  });

  afterAll(async () => {
    await receiver.stop();
  });

  it("UEM's Test Connection is answered 200 with them", async () => {
    expect(await testConnection(basic(credentials))).toMatchObject({ status: 200 });
  });

  test.each([
    ['basic uem', basic(credentials).replace('Basic', 'basic')],
    ['BASIC uem', basic(credentials).replace('Basic', 'BASIC')],
    ['more blanks', basic(credentials).replace(' ', '   ')],
  ])('the scheme may be written otherwise: %s', async (_spelling, authorization) => {
    expect(await testConnection(authorization)).toMatchObject({ status: 200 });
  });

  test.each([
    ['none at all', null],
    ['an empty header', ''],
    ['only the scheme', 'Basic'],
    ['no base64', 'Basic %%%'],
    ['no colon', `Basic ${Buffer.from('uem').toString('base64')}`],
    ['a wrong password', basic({ ...credentials, password: 'uem-password-canarY' })],
    ['a wrong user name', basic({ ...credentials, username: 'Uem' })],
    ['a part of the password', basic({ ...credentials, password: 'uem-password' })],
    ['more than the password', basic({ ...credentials, password: `${credentials.password}x` })],
    ['an empty password', basic({ ...credentials, password: '' })],
    ['nothing but a colon', basic({ username: '', password: '' })],
    ['name and password exchanged', basic({ username: credentials.password, password: credentials.username })],
    ['the previous pair, though none is set', basic(previous)],
    ['another scheme', `Bearer ${Buffer.from('uem:uem-password-canary').toString('base64')}`],
    ['Digest', 'Digest username="uem"'],
    ['two headers in one', `${basic(credentials)}, ${basic(credentials)}`],
  ])('%s is answered 401, for a test and for an event, and nothing is taken', async (_what, authorization) => {
    const body = '{"SerialNumber":"S1","Platform":"WinRT","ComplianceStatus":"NonCompliant"}';
    for (const answer of [await testConnection(authorization), await receiver.call({ authorization, body })]) {
      expect(answer).toMatchObject({ status: 401, body: { status: 401, title: 'Unauthorized', detail: expect.stringContaining('UEM_WEBHOOK_PASSWORD') } });
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="posture-relay", charset="UTF-8"');
    }
    expect(await receiver.taken()).toEqual({ events: 0, jobs: 0 });
  });

  it('passwords, right or wrong, are not logged', async () => {
    await testConnection(basic({ ...credentials, password: 'wrong-password-canary' }));
    expect(receiver.logLines.join('')).not.toContain('canary');
  });
});

describe('during a rotation', () => {
  beforeAll(async () => {
    const environment = { UEM_WEBHOOK_USERNAME_PREVIOUS: previous.username, UEM_WEBHOOK_PASSWORD_PREVIOUS: previous.password };
    receiver = await startTestReceiver({ environment });
  });

  afterAll(async () => {
    await receiver.stop();
  });

  it('the current and the previous pair are accepted, but not the halves of both', async () => {
    expect(await testConnection(basic(credentials))).toMatchObject({ status: 200 });
    expect(await testConnection(basic(previous))).toMatchObject({ status: 200 });
    expect(await testConnection(basic({ username: previous.username, password: credentials.password }))).toMatchObject({ status: 401 });
    expect(await testConnection(basic({ username: credentials.username, password: previous.password }))).toMatchObject({ status: 401 });
  });
});

describe('with the same user name during a rotation and a password that is not ASCII', () => {
  beforeAll(async () => {
    const environment = { UEM_WEBHOOK_PASSWORD: umlauts.password, UEM_WEBHOOK_PASSWORD_PREVIOUS: previous.password };
    receiver = await startTestReceiver({ environment });
  });

  afterAll(async () => {
    await receiver.stop();
  });

  it('both passwords are accepted', async () => {
    expect(await testConnection(basic(umlauts))).toMatchObject({ status: 200 });
    expect(await testConnection(basic({ ...credentials, password: previous.password }))).toMatchObject({ status: 200 });
    expect(await testConnection(basic({ ...umlauts, password: 'grusse-€-Пароль' }))).toMatchObject({ status: 401 });
  });
});

describe('with the passwords in files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'posture-relay-credentials-'));
  const current = join(folder, 'current');
  const second = join(folder, 'previous');

  beforeAll(async () => {
    keep(current, credentials.password);
    keep(second, previous.password);
    receiver = await startTestReceiver({ environment: { UEM_WEBHOOK_PASSWORD: '', UEM_WEBHOOK_PASSWORD_FILE: current, UEM_WEBHOOK_PASSWORD_PREVIOUS_FILE: second } });
  });

  afterAll(async () => {
    await receiver.stop();
    rmSync(folder, { recursive: true });
  });

  it('an emptied file revokes its password, admits no empty one, and leaves the other in force', async () => {
    expect(await testConnection(basic({ ...credentials, password: previous.password }))).toMatchObject({ status: 200 });
    keep(second, '');
    for (const password of [previous.password, '']) expect(await testConnection(basic({ ...credentials, password }))).toMatchObject({ status: 401 });
    expect(await testConnection(basic(credentials))).toMatchObject({ status: 200 });
  });

  it('a file that cannot be read any longer keeps the receiver up and its password in force', async () => {
    rmSync(current);
    mkdirSync(current);
    expect(await testConnection(basic(credentials))).toMatchObject({ status: 200 });
  });
});

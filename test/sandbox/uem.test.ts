import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { send } from './caller.js';
import { contractsDirectory, graphContract, oktaContract } from './contract.js';
import { startEntra, type EntraDouble } from './entra/server.js';
import { seedCompany } from './fixtures/company.js';
import { startHttpDouble, type HttpDouble } from './http-double.js';
import { startOkta, type OktaDouble } from './okta/server.js';
import { compromisedBody, deleteBody, enrolmentBody, enterpriseWipeBody, sendWebhook, testConnection, uemBody, unenrolBody } from './uem.js';

describe('the sender', () => {
  let relay: HttpDouble;
  beforeEach(async () => {
    relay = await startHttpDouble({
      operationOf: ({ pathname }) => (pathname === '/webhooks/uem' ? 'webhook' : null),
      answer: async () => ({ status: 200, body: { result: 'queued' } }),
    });
  });
  afterEach(() => relay.close());

  const credentials = { username: 'uem', password: 'p:ä' };
  const authorization = `Basic ${Buffer.from('uem:p:ä').toString('base64')}`;

  test('posts JSON with Basic credentials and returns the answer', async () => {
    const answer = await sendWebhook(relay.url, uemBody({ platform: 'iphone' }), credentials);
    expect(answer).toMatchObject({ status: 200, body: { result: 'queued' } });
    expect(relay.requests).toMatchObject([{ method: 'POST', headers: { authorization, 'content-type': 'application/json' } }]);
    expect(JSON.parse(relay.requests[0]?.body ?? '')).toMatchObject({ Platform: 'Apple', ComplianceStatus: 'Compliant' });
  });

  test('posts a text as it is under the content type it is told, and tests the connection with a GET', async () => {
    await sendWebhook(relay.url, '<Eventlog/>', { ...credentials, contentType: 'application/x-www-form-urlencoded' });
    await testConnection(relay.url, credentials);
    expect(relay.requests).toMatchObject([
      { method: 'POST', body: '<Eventlog/>', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      { method: 'GET', body: '', headers: { authorization } },
    ]);
  });
});

describe('a body', () => {
  test('has an event time with seven digits, and the values it was given', () => {
    const eventTime = new Date('2025-03-04T07:27:40.487Z');
    const event = { platform: 'windows', complianceStatus: 'NonCompliant', eventTime } as const;
    expect(uemBody(event)).toMatchObject({ Platform: 'WinRT', ComplianceStatus: 'NonCompliant', EventTime: '2025-03-04T07:27:40.4870000Z' });
    expect(uemBody({ ...event, udid: 'X' }, { SerialNumber: null })).toMatchObject({ Udid: 'X', SerialNumber: null });
  });

  test('of a lifecycle event has the words and the gaps that were captured', () => {
    const event = { platform: 'android', email: 'ada@example.com' } as const;
    expect(uemBody(event)).toMatchObject({ Platform: 'Android', SerialNumber: '' });
    expect(enrolmentBody(event)).toMatchObject({ EventId: 148, ComplianceStatus: 'PendingComplianceCheck' });
    expect(unenrolBody(event)).toMatchObject({ EventId: 39, EnrollmentEmailAddress: '', EnrollmentUserName: '' });
    expect(enterpriseWipeBody(event)).toMatchObject({ EventId: 229, EnrollmentStatus: 'EnterpriseWipePending' });
    expect(compromisedBody(event)).toMatchObject({ EventId: 178, CompromisedStatus: 'Compromised' });
  });
});

const payloads = join(contractsDirectory, 'uem-payloads');
if (!existsSync(payloads)) console.warn(`no payloads in ${payloads}: the comparison with them is skipped`);
const describePayloads = existsSync(payloads) ? describe : describe.skip;

const nulls = (keys: Record<string, unknown>) => Object.keys(keys).filter((key) => keys[key] === null);

describePayloads('next to the payloads on file', () => {
  test.each([
    ['compliance-noncompliant-windows.json', uemBody({ platform: 'windows' })],
    ['compliance-compliant-iphone.json', uemBody({ platform: 'iphone' })],
    ['compromised-status-changed-healthy-macos.json', uemBody({ platform: 'mac' })],
    ['enrolment-pending-android-no-serial.json', enrolmentBody({ platform: 'android' })],
    ['compromised-windows.json', compromisedBody({ platform: 'windows' })],
    ['delete-iphone.json', deleteBody({ platform: 'iphone' })],
  ])('%s has the same keys in the same order, and the same platform and event', (file, body) => {
    const payload: Record<string, unknown> = JSON.parse(readFileSync(join(payloads, file), 'utf8'));
    expect(Object.keys(body)).toEqual(Object.keys(payload));
    expect([body['Platform'], nulls(body)]).toEqual([payload['Platform'], nulls(payload)]);
  });
});

describe('the company', () => {
  let okta: OktaDouble;
  let entra: EntraDouble;
  beforeEach(async () => {
    okta = await startOkta({ contract: oktaContract() });
    entra = await startEntra({ contract: graphContract() });
  });
  afterEach(async () => {
    await okta.close();
    await entra.close();
  });

  test('knows every device in UEM and Okta, the Mac with dashes in Okta only', async () => {
    const company = seedCompany(okta, entra);
    expect([company.people.length, company.devices.length]).toEqual([5, 20]);
    const { devices, okta: user, entra: account } = company.person('ada.lovelace@example.com');
    const { mac, iphone, android, windows } = devices;
    expect(mac.okta.profile.udid).toMatch(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
    expect(mac.event({ complianceStatus: 'NonCompliant' })).toMatchObject({ Udid: mac.okta.profile.udid?.replaceAll('-', ''), Platform: 'AppleOsX' });
    expect(iphone.okta.profile.udid).toBe(iphone.uem.udid);
    expect(windows.okta.profile.serialNumber).toBe(windows.uem.serialNumber);
    expect([android.uem.serialNumber, android.okta.profile.serialNumber]).toEqual(['', undefined]);
    expect([okta.sessions(user.id), entra.signInSessions(account.id)]).toEqual([1, []]);
    const { status } = await send(`${okta.url}/api/v1/devices?expand=user`, { headers: { authorization: 'SSWS sandbox-api-token' } });
    expect([status, okta.violations()]).toEqual([200, []]);
  });

  test('has the same identifiers every time, and no two devices share one', () => {
    const [first, second] = [seedCompany(okta, entra, 30), seedCompany(okta, entra, 30)];
    const udids = first.devices.map(({ uem }) => uem.udid);
    expect(second.devices.map(({ uem }) => uem.udid)).toEqual(udids);
    expect(new Set(udids).size).toBe(120);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { checkOf, impatient, startDoctorSubject, type DoctorSubject } from './subject.js';

let subject: DoctorSubject;

beforeAll(async () => {
  subject = await startDoctorSubject();
});
afterEach(() => subject.heal());
afterAll(() => subject.stop());

/** Its check, with these changes to the environment. */
const checked = async (changes?: Record<string, string>) => checkOf(await subject.examine(changes), 'uem_devices');

const withoutOAuth = { UEM_OAUTH_TOKEN_URL: '', UEM_OAUTH_CLIENT_ID: '', UEM_OAUTH_CLIENT_SECRET: '' };
const asAdministrator = () => ({ ...withoutOAuth, UEM_API_USERNAME: subject.uem.username, UEM_API_PASSWORD: subject.uem.password, UEM_TENANT_CODE: subject.uem.tenantCode });

describe('UEM\'s REST API', () => {
  test('that lists devices is well, and one page is read', async () => {
    const before = subject.uem.calls('searchDevices').length;
    expect(await checked()).toMatchObject({ status: 'ok', measured: 'lists 20 devices', values: { devices: 20 } });
    expect(await checked(asAdministrator())).toMatchObject({ status: 'ok' });
    expect(subject.uem.calls('searchDevices').length).toBe(before + 2);
  });

  test('that is not configured is skipped, and says what is off', async () => {
    const off = { ...withoutOAuth, UEM_API_URL: '' };
    expect(await subject.trouble(off)).toEqual({ uem_devices: 'skipped' });
    expect((await checked(off))?.measured).toBe('UEM_API_URL is not set: no sweeps, no confirmation');
  });

  test('that is half configured is skipped beside the configuration that fails', async () => {
    expect(await subject.trouble({ UEM_OAUTH_CLIENT_SECRET: '' })).toEqual({ configuration: 'fail', uem_devices: 'skipped' });
  });

  test('that refuses the OAuth client fails, and names the region', async () => {
    subject.uem.rejectCredentials(true);
    expect(await subject.trouble()).toEqual({ uem_devices: 'fail' });
    expect((await checked())?.advice).toContain('UEM_OAUTH_TOKEN_URL');
  });

  test('that refuses the administrator fails, and names the tenant code', async () => {
    expect(await checked({ ...asAdministrator(), UEM_TENANT_CODE: 'another' })).toMatchObject({ status: 'fail', advice: expect.stringContaining('UEM_TENANT_CODE') });
  });

  test.each([
    { what: 'refuses the token', fault: { kind: 'status', status: 401, body: '{"errorCode":1005}' }, status: 'fail', advice: 'refuses the token' },
    { what: 'does not let the account read', fault: { kind: 'status', status: 403 }, status: 'fail', advice: 'role' },
    { what: 'is not the API server', fault: { kind: 'status', status: 404 }, status: 'fail', advice: 'UEM_API_URL' },
    { what: 'lists no device at all', fault: { kind: 'status', status: 204 }, status: 'fail', advice: 'organisation group' },
    { what: 'is a page of something else', fault: { kind: 'garbage' }, status: 'fail', advice: 'Something else answers' },
    { what: 'is down', fault: { kind: 'status', status: 503 }, status: 'fail', advice: 'Check the address' },
    { what: 'has no calls left', fault: { kind: 'status', status: 429 }, status: 'warn', advice: 'calls are used up' },
    { what: 'hangs', fault: { kind: 'hang' }, status: 'fail', advice: 'Check the address' },
  ] as const)('that $what is said to be so, and hides nothing else', async ({ fault, status, advice }) => {
    subject.uem.order({ operation: 'searchDevices', fault });
    const report = await subject.examine({}, fault.kind === 'hang' ? impatient : {});
    expect(checkOf(report, 'uem_devices')).toMatchObject({ status, advice: expect.stringContaining(advice) });
    expect(report.checks.filter((check) => check.status !== 'ok').map(({ id }) => id)).toEqual(['uem_devices']);
  });
});

test('after all of this nothing was changed, and no report held a secret', () => {
  expect(subject.harm()).toEqual([]);
});

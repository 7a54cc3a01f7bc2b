import { describe, expect, test } from '@jest/globals';
import { clockOf, judgeClocks } from '../../src/doctor/clocks.js';
import type { RecordStatus } from '../../src/compliance/record.js';
import { judgeCoverage } from '../../src/doctor/coverage.js';
import { judgeRateLimits } from '../../src/doctor/rate-limits.js';
import { judgeAof, judgeEviction, judgeNewestEvent, judgeVersion, readInfo } from '../../src/doctor/redis-checks.js';
import { check, checkFirst, reportOf, skipped } from '../../src/doctor/report.js';
import { UpstreamFailure } from '../../src/failure.js';
import { record } from '../compliance/records.js';

describe('Redis', () => {
  test.each([
    ['7.4.2', 'ok'],
    ['6.2.0', 'ok'],
    ['10.0.1', 'ok'],
    ['6.0.16', 'fail'],
    ['5.9.0', 'fail'],
    ['unreadable', 'fail'],
  ])('%s is %s', (version, status) => {
    expect(judgeVersion({ redis_version: version })).toMatchObject({ status, measured: version });
  });

  test('is read from its INFO, line by line', () => {
    expect(readInfo('# Server\r\nredis_version:7.0.15\r\nexecutable:/usr/bin/redis:1\r\n\r\n')).toEqual({ redis_version: '7.0.15', executable: '/usr/bin/redis:1' });
  });

  test('must have an AOF that can be written', () => {
    expect(judgeAof({ aof_enabled: '1', aof_last_write_status: 'ok' }).status).toBe('ok');
    expect(judgeAof({ aof_enabled: '1', aof_last_write_status: 'err' })).toMatchObject({ status: 'fail', measured: expect.stringContaining('err') });
    expect(judgeAof({ aof_enabled: '0', aof_last_write_status: 'ok' })).toMatchObject({ status: 'fail', advice: expect.stringContaining('appendonly yes') });
    expect(judgeAof({}).status).toBe('fail');
  });

  test('must evict nothing', () => {
    expect(judgeEviction({ maxmemory_policy: 'noeviction' }).status).toBe('ok');
    expect(judgeEviction({ maxmemory_policy: 'volatile-lru' })).toMatchObject({ status: 'fail', measured: 'maxmemory-policy volatile-lru' });
    expect(judgeEviction({}).status).toBe('fail');
  });

  test('warns when UEM was never heard of, or not for a day', () => {
    expect(judgeNewestEvent(null, 0)).toMatchObject({ status: 'warn', measured: 'none so far' });
    expect(judgeNewestEvent(0, 24 * 3_600_000).status).toBe('ok');
    expect(judgeNewestEvent(0, 24 * 3_600_000 + 1)).toMatchObject({ status: 'warn', advice: expect.stringContaining('Test Connection') });
  });
});

const device = (platform: string, identifiers: { udid?: string; serialNumber?: string } = {}, status: RecordStatus = 'active') => record('guo1', { platform, status, ...identifiers });

const phones = (identified: number) => Array.from({ length: 10 }, (_, index) => device('ANDROID', index < identified ? { udid: 'u' } : {}));

describe('the coverage of identifiers', () => {
  test('counts UDIDs of mobiles and serial numbers of computers, by platform', () => {
    const devices = [
      ...[1, 2, 3].map(() => device('IOS', { udid: 'u' })),
      device('IOS', { serialNumber: 's' }),
      device('WINDOWS', { serialNumber: 's' }),
      device('MACOS', { udid: 'u' }),
    ];
    const { status, measured, values } = judgeCoverage({ devices, complete: true });
    expect(values).toEqual({ IOS: 75, WINDOWS: 100, MACOS: 0 });
    expect(status).toBe('warn');
    expect(measured).toContain('IOS 75 % (3 of 4) have a UDID');
    expect(measured).toContain('WINDOWS 100 % (1 of 1) have a serial number');
    expect(measured).toContain('all 6 devices');
  });

  test('is good from 90 percent of each platform on, and nothing at all is a failure', () => {
    expect(judgeCoverage({ devices: phones(9), complete: true }).status).toBe('ok');
    expect(judgeCoverage({ devices: phones(8), complete: true }).status).toBe('warn');
    expect(judgeCoverage({ devices: phones(0), complete: true })).toMatchObject({ status: 'fail', advice: expect.stringContaining('managed app configuration') });
  });

  test('leaves out what is deactivated, and platforms that UEM does not tell us about', () => {
    const devices = [device('IOS', {}, 'deactivated'), device('CHROMEOS'), device('IOS', { udid: 'u' }, 'suspended')];
    expect(judgeCoverage({ devices, complete: false })).toMatchObject({ status: 'ok', values: { IOS: 100 }, measured: expect.stringContaining('--pages') });
    expect(judgeCoverage({ devices: [device('CHROMEOS')], complete: true }).status).toBe('warn');
  });
});

describe('clocks', () => {
  test.each([
    [0, 30_000, 'ok'],
    [0, 30_001, 'warn'],
    [-15_001, 15_000, 'warn'],
    [0, 300_000, 'warn'],
    [0, -300_001, 'fail'],
    [-200_000, 200_000, 'fail'],
  ])('that are %d and %d ms ahead of this host: %s', (first, second, status) => {
    expect(judgeClocks([{ name: 'Redis', aheadMs: first }, { name: 'Okta', aheadMs: second }]).status).toBe(status);
  });

  test('are said one by one, and skipped where none was seen', () => {
    expect(judgeClocks([{ name: 'Redis', aheadMs: 40 }, { name: 'Okta', aheadMs: -61_000 }]).measured).toBe('against this host: Redis +0.0 s, Okta -61.0 s');
    expect(judgeClocks([]).status).toBe('skipped');
  });

  test('are read from an answer that has a date', () => {
    expect(clockOf('Okta', new Headers({ date: 'Thu, 01 Jan 1970 00:01:00 GMT' }), 0)).toEqual({ name: 'Okta', aheadMs: 60_000 });
    expect(clockOf('Okta', new Headers(), 0)).toBeNull();
  });
});

describe('the rate limits of Okta', () => {
  test.each([
    { limits: { devices: 50 }, share: 0.9, status: 'warn', measured: 'devices 50 calls a minute, 45 of them ours (share 0.9) = about 22 lock-outs a minute' },
    { limits: { devices: 99 }, share: 1, status: 'warn', measured: 'about 49' },
    { limits: { devices: 100, users: 600, other: 5 }, share: 0.9, status: 'ok', measured: 'devices 100 calls a minute, 90 of them ours; users 600 calls a minute, 540 of them ours (share 0.9) = about 45' },
    { limits: { devices: 100 }, share: 0.9 * 0.2, status: 'ok', measured: '18 of them ours (share 0.18) = about 9' },
    { limits: { users: 600 }, share: 1, status: 'warn', measured: 'not said' },
  ])('$limits with a share of $share are $status', ({ limits, share, status, measured }) => {
    expect(judgeRateLimits(limits, share)).toMatchObject({ status, measured: expect.stringContaining(measured) });
  });
});

const throwing = (error: unknown) =>
  check('okta_users', 1_000, async () => {
    throw error;
  });
const failure = (kind: 'transient' | 'throttled' | 'garbage') => new UpstreamFailure({ upstream: 'okta', operation: 'getUser', kind });
const found = (status: 'ok' | 'warn' | 'fail') => check('clocks', 1_000, async () => ({ status, measured: '' }));

describe('a check', () => {
  test('that throws has failed, also where the rate limit is used up: nothing is known then', async () => {
    expect(await throwing(failure('transient'))).toMatchObject({ id: 'okta_users', status: 'fail', measured: 'okta getUser: transient' });
    expect(await throwing(failure('throttled'))).toMatchObject({ status: 'fail', advice: expect.stringContaining('run the doctor again') });
    expect((await throwing(failure('garbage'))).status).toBe('fail');
    expect(await throwing(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toMatchObject({ status: 'fail', measured: 'ECONNREFUSED' });
    expect((await checkFirst('okta_token', 1_000, async () => ({ status: 'warn', measured: '' }))).status).toBe('fail');
  });

  test('that finds nothing in time has failed', async () => {
    expect(await check('redis_answers', 20, () => new Promise(() => undefined))).toMatchObject({ status: 'fail', measured: 'no answer within 0.02 s' });
  });

  test('that failed makes a NO-GO; warnings and skipped checks do not', async () => {
    expect(reportOf([await found('ok'), await found('warn'), ...skipped(['entra_token'], 'off')]).verdict).toBe('GO');
    expect(reportOf([await found('ok'), await found('fail')]).verdict).toBe('NO-GO');
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { assert, property, string } from 'fast-check';
import { z } from 'zod';
import type { HttpAnswer } from '../../src/http-call.js';
import { device, deviceFilter, equals, isSpelled } from '../../src/okta/device.js';
import { nextCursor } from '../../src/okta/paging.js';
import { user } from '../../src/okta/user.js';

const profile = { displayName: 'phone', udid: 'U-1', serialNumber: 'S1' };

describe('a device of Okta', () => {
  test.each([
    ['ACTIVE', 'active'],
    ['SUSPENDED', 'suspended'],
    ['DEACTIVATED', 'deactivated'],
    ['CREATED', 'other'],
    ['UNSUSPENDED', 'other'],
    ['constructor', 'other'],
  ])('with status %s is %s for us', (status, expected) => {
    expect(device.parse({ id: 'guo1', status, profile }).status).toBe(expected);
  });

  test.each([
    ['IOS', 'mobile'],
    ['ANDROID', 'mobile'],
    ['MACOS', 'desktop'],
    ['WINDOWS', 'desktop'],
    ['CHROMEOS', null],
    ['constructor', null],
    [null, null],
  ])('of the platform %s is %s', (platform, expected) => {
    expect(device.parse({ id: 'guo1', status: 'ACTIVE', profile: { ...profile, platform } }).deviceClass).toBe(expected);
  });

  test('that is not managed has no identifiers, and no users unless they were asked for', () => {
    expect(device.parse({ id: 'guo1', status: 'ACTIVE', profile: { displayName: 'phone' } })).toEqual({
      id: 'guo1',
      status: 'active',
      deviceClass: null,
      udid: null,
      serialNumber: null,
      tpmHash: null,
      users: [],
    });
  });

  test.each([{}, [], null, { id: '', status: 'ACTIVE', profile }, { id: 'guo1', profile }, { id: 'guo1', status: 'ACTIVE' }])(
    'is not made of %j',
    (body) => {
      expect(device.safeParse(body).success).toBe(false);
    },
  );
});

const examples = join(process.env['CONTRACTS_DIR'] ?? '../shared/contracts', 'okta-examples');
const haveExamples = existsSync(examples);
if (!haveExamples) console.warn(`skipped: no examples of Okta in ${examples}`);
const example = (name: string): unknown => JSON.parse(readFileSync(join(examples, `${name}.json`), 'utf8'));

(haveExamples ? describe : describe.skip)('the examples of Okta', () => {
  test('the users of a device are read', () => {
    expect(z.array(z.object({ user })).parse(example('APIDevicesListAllUsersResponse')).length).toBeGreaterThan(0);
  });

  test.each(['APIDevicesListAllResponse', 'APIDevicesListAllUserSummaryResponse'])('%s is read', (name) => {
    const records = z.array(device).parse(example(name));
    expect(records.length).toBeGreaterThan(0);
  });

  test('a user summary becomes the user of the device', () => {
    const records = z.array(device).parse(example('APIDevicesListAllUserSummaryResponse'));
    expect(records.flatMap(({ users }) => users)[0]).toMatchObject({ id: expect.any(String), login: expect.stringContaining('@') });
  });

  test.each(['DeviceResponse', 'DeviceWithProvidersResponse'])('%s is read', (name) => {
    expect(device.parse(example(name)).id).toBeTruthy();
  });

  test.each(['ListUsersSearchResponse', 'ListUsersResponse'])('%s is read', (name) => {
    expect(z.array(user).parse(example(name)).length).toBeGreaterThan(0);
  });
});

describe('a search', () => {
  test('asks for every spelling', () => {
    expect(deviceFilter({ udid: ['A-1', 'A1'], serialNumber: ['S1'] })).toBe(
      'profile.udid eq "A-1" or profile.udid eq "A1" or profile.serialNumber eq "S1"',
    );
  });

  test('holds any value in one literal that reads back as the value', () => {
    assert(
      property(string({ unit: 'binary' }), (value) => {
        const literal = equals('profile.udid', value).slice('profile.udid eq '.length);
        expect(JSON.parse(literal)).toBe(value);
        expect(literal.slice(1, -1).replaceAll(/\\./g, '')).not.toContain('"');
      }),
    );
  });

  test.each([
    ['u-1', 'none', true],
    ['none', 's1', true],
    ['none', 'none', false],
  ])('finds a record under udid %s or serial %s, whatever the case: %s', (udid, serialNumber, expected) => {
    const record = device.parse({ id: 'guo1', status: 'ACTIVE', profile });
    expect(isSpelled(record, { udid: [udid], serialNumber: [serialNumber] })).toBe(expected);
  });
});

const linked = (link: string): HttpAnswer => ({ status: 200, headers: new Headers(link ? { link } : {}), body: '' });

describe('the next page', () => {
  const asked = { operation: 'listDevices', origin: 'https://acme.okta.com' };
  const self = '<https://acme.okta.com/api/v1/devices?limit=200>; rel="self"';

  test.each([
    ['', undefined],
    [self, undefined],
    [`${self}, <https://acme.okta.com/api/v1/devices?after=c1&limit=200>; rel="next"`, 'c1'],
    ['<https://acme.okta.com/api/v1/devices?search=a,b%22&after=c%2F2%3D>; rel="next"', 'c/2='],
  ])('of %s is %s', (link, expected) => {
    expect(nextCursor(linked(link), asked)).toBe(expected);
  });

  const elsewhere = ['<https://elsewhere.example/api/v1/devices?after=c3>; rel="next"', '<http://acme.okta.com/api/v1/devices?after=c3>; rel="next"'];
  test.each(['<https://acme.okta.com/api/v1/devices>; rel="next"', '<nowhere>; rel="next"', ...elsewhere])('%s leads nowhere: garbage', (link) => {
    expect(() => nextCursor(linked(link), asked)).toThrow('okta listDevices: garbage');
  });
});

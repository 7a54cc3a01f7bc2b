import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deviceKeys, hasUsableIdentifier, normaliseIdentifier, searchSpellings } from '../../src/compliance/device.js';

const mac = '6D8875FB-9197-E042-842E-27E6EC2CF1CA';
const bareMac = '6D8875FB9197E042842E27E6EC2CF1CA';
const iphone = '00008020-001A5D1E21E2002E';

describe('the key of a device', () => {
  test.each([
    ['mobile', ['udid:u1', 'serial:s1']],
    ['desktop', ['serial:s1', 'udid:u1']],
    [null, ['udid:u1', 'serial:s1']],
  ] as const)('of class %s is made of %j', (deviceClass, keys) => {
    expect(deviceKeys({ deviceClass, udid: 'U1', serialNumber: ' s1 ' })).toEqual(keys);
  });

  test('is the same however an identifier is spelled', () => {
    expect(new Set([mac, bareMac, mac.toLowerCase(), ` ${mac} `].map(normaliseIdentifier)).size).toBe(1);
    fc.assert(fc.property(fc.string(), (text) => expect(normaliseIdentifier(normaliseIdentifier(text))).toBe(normaliseIdentifier(text))));
  });

  test.each([
    [{ deviceClass: 'mobile', udid: 'u', serialNumber: null }, true],
    [{ deviceClass: 'mobile', udid: null, serialNumber: 's' }, false],
    [{ deviceClass: 'desktop', udid: 'u', serialNumber: null }, false],
    [{ deviceClass: 'desktop', udid: null, serialNumber: 's' }, true],
    [{ deviceClass: null, udid: null, serialNumber: 's' }, true],
    [{ deviceClass: null, udid: null, serialNumber: null }, false],
  ] as const)('of %j can be made: %p', (identifiers, usable) => {
    expect(hasUsableIdentifier(identifiers)).toBe(usable);
  });
});

describe('the spellings to search for', () => {
  test.each([
    ['a Mac as UEM sends it', bareMac, [bareMac, mac]],
    ['a Mac as Okta shows it', mac, [mac, bareMac]],
    ['an iPhone', iphone, [iphone, iphone.replace('-', '')]],
    ['an older iPhone', 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334', ['a1b2c3d4e5f60718293a4b5c6d7e8f9001122334']],
    ['something that is no hexadecimal number', 'zz-zz', ['zz-zz', 'zzzz']],
  ])('of the UDID of %s', (_what, udid, spellings) => {
    expect(searchSpellings({ deviceClass: 'mobile', udid, serialNumber: 'S' })).toEqual({ udid: spellings, serialNumber: [] });
  });

  test('are serial numbers for a desktop, and both where the class is unknown', () => {
    expect(searchSpellings({ deviceClass: 'desktop', udid: mac, serialNumber: 'AB-1' })).toEqual({ udid: [], serialNumber: ['AB-1', 'AB1'] });
    expect(searchSpellings({ deviceClass: null, udid: 'u', serialNumber: 's' })).toEqual({ udid: ['u'], serialNumber: ['s'] });
    expect(searchSpellings({ deviceClass: 'mobile', udid: null, serialNumber: 's' })).toEqual({ udid: [], serialNumber: [] });
  });
});

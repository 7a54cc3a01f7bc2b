import { describe, expect, test } from '@jest/globals';
import { device, recordOf } from '../../src/uem/device.js';
import type { UemRecord } from '../../src/uem/record.js';
import { flatBody, nestedBody } from '../sandbox/uem-api/device-body.js';
import { createInventory } from '../sandbox/uem-api/inventory.js';
import { iphone } from './tenant.js';

const time = '17726092604870000';
const read = (body: unknown): UemRecord => recordOf(device.parse(body), time);

/** Recorded by Cortex XSOAR's pack (2021), as far as it is read. */
const recorded = {
  Id: { Value: 5711 },
  ComplianceStatus: 'NonCompliant',
  CompromisedStatus: true,
  Platform: 'WinRT',
  PlatformId: { Id: { Value: 12 }, Name: 'WinRT' },
  Udid: '6D8875FB9197E042842E27E6EC2CF1CA',
  SerialNumber: 'ABC1234',
  UserEmailAddress: 'jdoe@example.com',
  DeviceFriendlyName: 'user123-laptop2',
  LocationGroupName: 'Corp ',
  Ownership: 'E',
  EnrollmentStatus: 'Enrolled',
  LastComplianceCheckOn: '2021-07-12T07:27:40.487',
  LastEnrolledOn: '2021-07-01T00:00:00.000',
};

describe('a device of the inventory', () => {
  test('is read in the words of a webhook; its dates are UTC', () => {
    expect(read(recorded)).toEqual({
      event: {
        enrolment: '5711',
        deviceClass: 'desktop',
        udid: '6D8875FB9197E042842E27E6EC2CF1CA',
        serialNumber: 'ABC1234',
        time,
        email: 'jdoe@example.com',
        userName: null,
        name: 'user123-laptop2',
        platform: 'WinRT',
        ownership: null,
        organizationGroup: 'Corp',
        eventType: null,
        says: { compliance: 'noncompliant', compromised: 'compromised', enrolled: true },
      },
      checkedAt: '16260748604870000',
      enrolledAt: '16250976000000000',
    });
  });

  test('whose compliance was never checked says so by the year 1', () => {
    expect(read({ ...recorded, LastComplianceCheckOn: '0001-01-01T00:00:00.000', LastEnrolledOn: null })).toMatchObject({ checkedAt: null, enrolledAt: null });
  });

  test.each([
    [{ CompromisedStatus: false }, { compliance: 'noncompliant', compromised: 'healthy', enrolled: true }],
    [{ CompromisedStatus: null }, { compliance: 'noncompliant', enrolled: true }],
    [{ ComplianceStatus: 'NotAvailable', CompromisedStatus: undefined }, { enrolled: true }],
    [{ ComplianceStatus: 'PendingComplianceCheck', CompromisedStatus: false }, { compromised: 'healthy', enrolled: true }],
    [{ ComplianceStatus: 'Compliant', CompromisedStatus: false, EnrollmentStatus: 'Unenrolled' }, { compliance: 'compliant', compromised: 'healthy', ended: 'unenrolled' }],
    [{ ComplianceStatus: 17, CompromisedStatus: {}, EnrollmentStatus: [] }, {}],
  ])('says of %j only what is explicit', (changes, says) => {
    expect(read({ ...recorded, ...changes }).event.says).toEqual(says);
  });

  test('has no identifier where UEM fills in a placeholder, and no class where nobody knows the platform', () => {
    expect(read({ ...recorded, Udid: 'System.Byte[]', SerialNumber: '0', Platform: 'Zeppelin' }).event).toMatchObject({ udid: null, serialNumber: null, deviceClass: null, platform: 'Zeppelin' });
  });

  test('has the word for its ownership that webhooks have, where that is known', () => {
    expect(read({ ...recorded, Ownership: 'C' }).event.ownership).toBe('CorporateDedicated');
  });

  test('leaves phone number, IMEI and MAC address at the border, in either form', () => {
    const known = createInventory().add(iphone({ deviceId: 8123 }));
    for (const body of [flatBody(known), nestedBody(known)]) {
      expect(JSON.stringify(body)).toMatch(/15555550100.*|990000862471854|ABABABABABAB/);
      expect(JSON.stringify(device.parse(body))).not.toMatch(/15555550100|990000862471854|ABABABABABAB/);
    }
  });
});

describe('a device in the form of newer versions', () => {
  const known = createInventory().add(iphone({ deviceId: 8123 }));

  test('is read as far as it says the same', () => {
    expect(read(nestedBody(known))).toMatchObject({
      event: { udid: '00008120-00008123', deviceClass: 'mobile', platform: 'Apple', email: 'user8123@example.com', organizationGroup: 'Corp', says: { compliance: 'compliant', enrolled: true } },
      checkedAt: null,
    });
  });

  test('that is not compliant may not have been checked yet: that says nothing', () => {
    expect(read(nestedBody({ ...known, complianceStatus: 'PendingComplianceCheck' })).event.says).toEqual({ enrolled: true });
  });
});

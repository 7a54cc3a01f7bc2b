import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import type { ComplianceEvent } from '../../src/compliance/event.js';
import { readWebhook, type WebhookReading } from '../../src/uem/webhook.js';
import { describeRecordedBodies, recordedBody } from './payload-files.js';

type Body = Record<string, unknown>;

const windows = { EventType: 'Compliance Status Changed', DeviceId: 5711, Udid: '6D8875FB9197E042842E27E6EC2CF1CA', SerialNumber: '5CD1234XYZ', Platform: 'WinRT' };

function eventOf(body: Body): ComplianceEvent {
  const reading = readWebhook(body);
  if (reading.kind !== 'event') throw new Error(`read as ${reading.kind}`);
  return reading.event;
}

const saysOf = (body: Body) => eventOf({ ...windows, ...body }).says;

describeRecordedBodies('a body that a UEM server sent is read as what it means', () => {
  const iphone = { deviceClass: 'mobile', udid: '00008020-001A5D1E21E2002E', serialNumber: 'F2LXKH8DKPH2' };
  test.each([
    ['compliance-noncompliant-windows.json', undefined, {
      enrolment: '5711', deviceClass: 'desktop', udid: '6D8875FB9197E042842E27E6EC2CF1CA', serialNumber: '5CD1234XYZ', time: '17410732604871234',
      email: 'jdoe@example.com', platform: 'WinRT', ownership: 'CorporateDedicated', organizationGroup: 'Corp', eventType: 'Compliance Status Changed',
      says: { compliance: 'noncompliant', compromised: 'healthy', enrolled: true },
    }],
    ['compliance-compliant-iphone.json', undefined, {
      ...iphone, enrolment: '8123', time: '17410753313991600', email: 'jdoe@example.com', platform: 'Apple',
      says: { compliance: 'compliant', compromised: 'healthy', enrolled: true },
    }],
    ['compromised-windows.json', undefined, {
      enrolment: '5711', deviceClass: 'desktop', says: { compliance: 'noncompliant', compromised: 'compromised', enrolled: true },
    }],
    ['delete-iphone.json', undefined, {
      ...iphone, deviceClass: null, enrolment: '81', time: '16098405107702835', email: 'user2@example.test', name: null, platform: null, says: { ended: 'deleted' },
    }],
    ['unenrol-iphone-blank-email.json', undefined, {
      enrolment: '616', deviceClass: null, udid: null, serialNumber: '861348SXA4S', time: '13680762582710000', email: null, name: "X's iPhone",
      says: { ended: 'unenrolled', compromised: 'healthy' },
    }],
    ['enrolment-pending-android-no-serial.json', 'neutral_status', {
      enrolment: '9001', deviceClass: 'mobile', udid: 'a7552b4e433bceaebdf8f8edc0a22746', serialNumber: null, time: '17410788001000000',
      says: { compromised: 'healthy', enrolled: true },
    }],
    ['asset-number-changed-windows.json', undefined, {
      enrolment: '12345', deviceClass: 'desktop', time: '16600504286714500', organizationGroup: 'Example Corp',
      says: { compliance: 'compliant', compromised: 'healthy', enrolled: true },
    }],
    ['compromised-status-changed-healthy-macos.json', undefined, {
      enrolment: '10000', deviceClass: 'desktop', serialNumber: 'ZL6LTO7H27AB', says: { compliance: 'compliant', compromised: 'healthy', enrolled: true },
    }],
    ['enterprise-wipe-requested-android-2014.json', undefined, {
      enrolment: '280', deviceClass: null, udid: null, serialNumber: '41062e0d324290d9', time: '13911824039860000',
      says: { ended: 'wiped', compliance: 'compliant', compromised: 'healthy' },
    }],
  ] as const)('%s', (file, neutral, event) => {
    const reading = readWebhook(JSON.parse(recordedBody(file)));
    expect(reading).toMatchObject({ kind: 'event', event });
    expect(reading.kind === 'event' && reading.event.says).toEqual(event.says);
    expect(reading.kind === 'event' && reading.neutral).toBe(neutral);
  });
});

describe('only explicit states act', () => {
  test.each(['NonCompliant', 'Non-Compliant', 'non_compliant', 'NONCOMPLIANT', ' Non Compliant '])('%j is not compliant', (ComplianceStatus) => {
    expect(saysOf({ ComplianceStatus })).toEqual({ compliance: 'noncompliant' });
  });

  test.each(['Compliant', 'compliant', ' COMPLIANT '])('%j is compliant', (ComplianceStatus) => {
    expect(saysOf({ ComplianceStatus })).toEqual({ compliance: 'compliant' });
  });

  test.each(['PendingComplianceCheck', 'NotAvailable', 'Unknown', '', null, 'AllowListed', 'NotCompliantYet', true, 1, {}, []])(
    '%j says nothing about compliance',
    (ComplianceStatus) => {
      expect(saysOf({ ComplianceStatus })).toEqual({});
    },
  );

  test.each(['compromised', 'Compromised', 'true', 'True', 'yes', '1', 1, true])('%j is compromised, and does not hide behind Compliant', (CompromisedStatus) => {
    expect(saysOf({ CompromisedStatus, ComplianceStatus: 'Compliant' })).toEqual({ compromised: 'compromised', compliance: 'compliant' });
  });

  test.each(['', '  ', 'notcompromised', 'NotCompromised', 'Not Compromised', 'false', 'False', 'no', '0', 0, false])('%j is healthy', (CompromisedStatus) => {
    expect(saysOf({ CompromisedStatus })).toEqual({ compromised: 'healthy' });
  });

  test.each([null, 'unknown', 'Unknown', {}, ['Compromised']])('%j says nothing about a compromise', (CompromisedStatus) => {
    expect(saysOf({ CompromisedStatus })).toEqual({});
  });

  test.each(['Jailbroken', 'rooted', '2', 'maybe', '?', '--', '已越狱', 'да'])('%j is an unseen literal, for a human to decide', (CompromisedStatus) => {
    expect(saysOf({ CompromisedStatus })).toEqual({ unrecognised: CompromisedStatus });
  });

  test.each([
    ['BreakMDMConfirmed', 'unenrolled'],
    ['Break MDM Confirmed', 'unenrolled'],
    ['DeviceEnterpriseWipeRequested', 'wiped'],
    ['Device Enterprise Wipe Requested', 'wiped'],
    ['Device Wipe Requested', 'wiped'],
    ['Delete Device Requested', 'deleted'],
  ])('%j ends the enrolment', (EventType, ended) => {
    expect(saysOf({ EventType })).toEqual({ ended });
  });

  test.each([[39, 'unenrolled'], ['229', 'wiped'], [25, 'wiped'], [662, 'deleted']])('event id %j ends the enrolment, whatever its name', (EventId, ended) => {
    expect(saysOf({ EventId, EventType: 'Gerät entfernt' })).toEqual({ ended });
  });

  test.each([['Unenrolled', 'unenrolled'], ['EnterpriseWipePending', 'wiped'], ['Device Wipe Pending', 'wiped']])('enrolment status %j ends the enrolment', (EnrollmentStatus, ended) => {
    expect(saysOf({ EnrollmentStatus })).toEqual({ ended });
  });

  it('does not take an enrolment for current in the event that ends it', () => {
    expect(saysOf({ EventType: 'Delete Device Requested', EnrollmentStatus: 'Enrolled' })).toEqual({ ended: 'deleted' });
  });

  test.each(['Check In', 'CheckOut', 'Device Friendly Name', 'Something New In 2031'])('%j does nothing by itself', (EventType) => {
    expect(readWebhook({ ...windows, EventType })).toMatchObject({ kind: 'event', neutral: 'other_event', event: { says: {} } });
  });
});

describe('the fields of a body', () => {
  it('are found whatever their letter case, so the five-field body of an Okta Workflows flow is read', () => {
    const fiveFields = { ComplianceStatus: 'NonCompliant', UDID: 'A7552B4E', SerialNumber: '', Platform: 'Android', EnrollmentEmailAddress: 'jdoe@example.com' };
    const expected = { deviceClass: 'mobile', udid: 'A7552B4E', serialNumber: null, email: 'jdoe@example.com', enrolment: null, time: null, says: { compliance: 'noncompliant' } };
    expect(eventOf(fiveFields)).toMatchObject(expected);
    const shouted = Object.fromEntries(Object.entries(fiveFields).map(([key, value]) => [key.toUpperCase(), value]));
    expect(eventOf(shouted)).toMatchObject(expected);
  });

  it('that come twice in different letter case are read from the one that says something', () => {
    expect(eventOf({ ...windows, UDID: null }).udid).toBe(windows.Udid);
    expect(eventOf({ UDID: '', ...windows }).udid).toBe(windows.Udid);
    expect(saysOf({ COMPLIANCESTATUS: '', ComplianceStatus: 'NonCompliant', compliancestatus: null })).toEqual({ compliance: 'noncompliant' });
  });

  it('may be new: unknown ones are accepted and dropped', () => {
    const reading = readWebhook({ ...windows, ComplianceStatus: 'NonCompliant', BatteryHealth: { percent: 80 }, Tags: ['a'] });
    expect(reading).toMatchObject({ kind: 'event', event: { says: { compliance: 'noncompliant' } } });
    expect(reading.kind === 'event' && Object.keys(reading.fields)).not.toContain('BatteryHealth');
  });

  it('may each be absent, null or of a wrong type, and the rest is read all the same', () => {
    const body: Body = { ...windows, EventId: 9999, EventTime: '2025-03-04T09:00:00Z', EnrollmentStatus: 'Enrolled', ComplianceStatus: 'NonCompliant', CompromisedStatus: '' };
    for (const key of Object.keys(body)) {
      for (const value of [undefined, null, {}, [], ['x'], { toString: 'x' }, 1e300, -0.5]) {
        const { says, serialNumber } = eventOf({ ...body, [key]: value });
        expect(says.compliance).toBe(key === 'ComplianceStatus' ? undefined : 'noncompliant');
        expect(serialNumber).toBe(key === 'SerialNumber' ? null : '5CD1234XYZ');
      }
    }
  });

  test.each(['PhoneNumber', 'DeviceIMEI', 'MACAddress', 'AssetNumber', 'SIMMCC'])('%s is dropped', (key) => {
    const reading = readWebhook({ ...windows, [key]: 'personal' });
    expect(JSON.stringify(reading)).not.toContain('personal');
  });

  it('cannot reach the prototype of anything', () => {
    const reading = readWebhook(JSON.parse('{"__proto__":{"Udid":"polluted"},"constructor":"x","prototype":{"a":1},"SerialNumber":"S1"}'));
    expect(reading).toMatchObject({ kind: 'event', event: { udid: null, serialNumber: 'S1' } });
    expect(Object.getPrototypeOf({})).not.toHaveProperty('Udid');
  });

  it('are cut to a sane length', () => {
    const reading = readWebhook({ ...windows, DeviceFriendlyName: 'n'.repeat(60_000) });
    expect(JSON.stringify(reading).length).toBeLessThan(4_000);
  });

  it('are well-formed Unicode afterwards, even where a character is cut in half', () => {
    const readings = [
      readWebhook(JSON.parse(String.raw`{"SerialNumber":"S1","DeviceFriendlyName":"half \ud83d","ComplianceStatus":"\udc00"}`)),
      readWebhook({ ...windows, DeviceFriendlyName: `${'n'.repeat(511)}😀` }),
      readWebhook({ ...windows, CompromisedStatus: `${'c'.repeat(63)}😀` }),
    ];
    for (const reading of readings) expect(JSON.stringify(reading)).not.toMatch(/\\ud[89a-f]/i);
  });
});

const serialOf = (SerialNumber: unknown) => eventOf({ ...windows, SerialNumber }).serialNumber;

describe('an identifier', () => {
  test.each(['', ' ', '0', '---', 'System.Byte[]', 'To be filled by O.E.M.', 'Default string', 'None', 'N/A', 'Not Specified', '00000000-0000-0000-0000-000000000000'])(
    '%j is a placeholder and identifies nothing',
    (placeholder) => {
      expect(serialOf(placeholder)).toBeNull();
    },
  );

  test.each([null, true, false, {}, [], 1.5, 2 ** 60, 'a\nb', 'a\u0000b', 's'.repeat(201)])('%j identifies nothing', (value) => {
    expect(serialOf(value)).toBeNull();
  });

  it('may come as a whole number', () => {
    expect(serialOf(861348)).toBe('861348');
    expect(eventOf({ ...windows, DeviceId: '5711' }).enrolment).toBe('5711');
  });

  it('is taken without the blanks around it', () => {
    expect(serialOf(' 5CD1234XYZ ')).toBe('5CD1234XYZ');
  });
});

describe('a platform', () => {
  test.each([
    ['Apple', 'mobile'], ['apple', 'mobile'], ['AppleiOs', 'mobile'], ['iOS', 'mobile'], ['Android', 'mobile'],
    ['WinRT', 'desktop'], ['WindowsPc', 'desktop'], ['AppleOsX', 'desktop'], ['AppleOSX', 'desktop'], ['macOS', 'desktop'],
  ])('%j is %s', (Platform, deviceClass) => {
    expect(eventOf({ ...windows, Platform }).deviceClass).toBe(deviceClass);
  });

  test.each(['ChromeOS', 'Linux', 'WindowsPhone8', 'Tizen', 'Яндекс'])('%j is unknown: the event changes nothing', (Platform) => {
    expect(readWebhook({ ...windows, Platform, ComplianceStatus: 'NonCompliant' })).toMatchObject({ kind: 'ignored', reason: 'unknown_platform' });
  });

  test.each([null, '', undefined, {}])('that is missing (%j) leaves the class of the device open', (Platform) => {
    expect(eventOf({ ...windows, Platform })).toMatchObject({ deviceClass: null, platform: null });
  });
});

const kindOf = (body: Body): WebhookReading['kind'] => readWebhook(body).kind;

describe('a body of which nothing can be made', () => {
  it('has none of the fields, or neither an identifier nor an event type nor a DeviceId', () => {
    expect(kindOf({})).toBe('unusable');
    expect(kindOf({ hello: 'world' })).toBe('unusable');
    expect(kindOf({ Udid: 'System.Byte[]', SerialNumber: '', ComplianceStatus: 'NonCompliant', Platform: 'Apple' })).toBe('unusable');
    expect(kindOf({ Udid: {}, EventType: ['x'], DeviceId: null })).toBe('unusable');
  });

  it('is another one than an event that only lacks an identifier', () => {
    expect(kindOf({ EventType: 'Compliance Status Changed' })).toBe('event');
    expect(kindOf({ DeviceId: 1 })).toBe('event');
  });

  it('never makes the reader fail', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom(...Object.keys(windows), 'ComplianceStatus', 'CompromisedStatus', 'EventTime', '__proto__', 'toString'));
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (body) => {
        expect(['event', 'ignored', 'unusable']).toContain(kindOf(body));
      }),
    );
  });
});

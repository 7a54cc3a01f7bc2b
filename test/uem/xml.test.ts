import { describe, expect, test } from '@jest/globals';
import { readBody } from '../../src/receiver/body.js';
import { readWebhook } from '../../src/uem/webhook.js';
import { readXml, XmlRefused } from '../../src/uem/xml.js';
import { describeRecordedBodies, recordedBody } from './payload-files.js';

const compromiseIn = (fields: string) => {
  const body = readBody(Buffer.from(`<Eventlog><SerialNumber>S1</SerialNumber>${fields}</Eventlog>`));
  const reading = body.ok ? readWebhook(body.body) : null;
  return reading?.kind === 'event' ? reading.event.says : 'unreadable';
};

describeRecordedBodies('a recorded XML notification', () => {
  test('of 2014 says what its JSON form would', () => {
    const body = readBody(Buffer.from(recordedBody('compromised-android.xml')));
    expect(body.ok && readWebhook(body.body)).toMatchObject({
      kind: 'event',
      neutral: 'neutral_status',
      event: { enrolment: '639', udid: 'a7552b4e433bceaebdf8f8edc0a22746', serialNumber: '4103e66a61e49019', says: { compromised: 'healthy', enrolled: true } },
    });
  });
});

describe('an XML notification', () => {
  test.each([
    ['an empty element', '<CompromisedStatus></CompromisedStatus>', { compromised: 'healthy' }],
    ['a self-closing element', '<CompromisedStatus />', { compromised: 'healthy' }],
    ['an element with an attribute', '<CompromisedStatus a="b">Compromised</CompromisedStatus>', { compromised: 'compromised' }],
    ['no element', '', {}],
    ['null', '<CompromisedStatus xsi:nil="true" />', {}],
    ['null by the other spelling of true', '<CompromisedStatus xsi:nil="1" />', {}],
    ['null with blanks, which XML Schema strips,', '<CompromisedStatus xsi:nil=" 1 " />', {}],
    ['an element that is said not to be null', '<CompromisedStatus xsi:nil="0" />', { compromised: 'healthy' }],
    ['two elements, which is nothing that UEM sends,', '<CompromisedStatus/><CompromisedStatus>Compromised</CompromisedStatus>', {}],
    ['an element with others in it', '<CompromisedStatus><a>Compromised</a></CompromisedStatus>', {}],
  ])('tells a healthy device from one of which it says nothing: %s', (_what, fields, says) => {
    expect(compromiseIn(fields)).toEqual(says);
  });

  test('locks out like its JSON form, with namespaces, a prolog and a byte order mark', () => {
    const xml = `\uFEFF<?xml version="1.0" encoding="utf-8"?>
      <Eventlog xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
        <SerialNumber>007</SerialNumber><ComplianceStatus>NonCompliant</ComplianceStatus><DeviceFriendlyName>Tom &amp; Jane&#39;s PC</DeviceFriendlyName>
        <CompromisedStatus xsi:nil="true" /><Platform>WinRT</Platform></Eventlog>`;
    const body = readBody(Buffer.from(xml));
    expect(body.ok && readWebhook(body.body)).toMatchObject({
      kind: 'event',
      event: { serialNumber: '007', name: 'Tom & Jane\'s PC', says: { compliance: 'noncompliant' } },
    });
    expect(body.ok && readWebhook(body.body)).not.toMatchObject({ event: { says: { compromised: expect.anything() } } });
  });

  test.each([
    ['a document type', '<!DOCTYPE Eventlog [<!ENTITY a "b">]><Eventlog><Udid>&a;</Udid></Eventlog>', /document type or entities/],
    ['an external entity', '<!DOCTYPE e SYSTEM "file:///etc/passwd"><Eventlog/>', /document type or entities/],
    ['another root', '<Envelope><Udid>1</Udid></Envelope>', /root element is not Eventlog/],
    ['a missing end', '<Eventlog><Udid>1</Eventlog>', /not well-formed/],
    ['HTML', '<html><body>502</body></html>', /root element is not Eventlog/],
  ])('with %s is refused', (_what, xml, message) => {
    expect(() => readXml(xml)).toThrow(XmlRefused);
    expect(readBody(Buffer.from(xml))).toMatchObject({ ok: false, problem: { status: 400, detail: expect.stringMatching(message) } });
  });
});

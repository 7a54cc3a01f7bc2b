import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readBody } from '../../src/receiver/body.js';
import { readWebhook } from '../../src/uem/webhook.js';
import { readXml, XmlRefused } from '../../src/uem/xml.js';
import { contractsDirectory } from '../sandbox/contract.js';

const captured = join(contractsDirectory, 'uem-payloads/compromised-android.xml');
const whenCaptured = existsSync(captured) ? test : test.skip;
if (!existsSync(captured)) console.warn(`skipped: ${captured} is absent`);

describe('an XML notification', () => {
  whenCaptured('of 2014 says what its JSON form would', () => {
    const body = readBody(readFileSync(captured));
    expect(body.ok && readWebhook(body.body)).toMatchObject({
      kind: 'event',
      neutral: 'neutral_status',
      event: { enrolment: '639', udid: 'a7552b4e433bceaebdf8f8edc0a22746', serialNumber: '4103e66a61e49019', says: { compromised: 'healthy', enrolled: true } },
    });
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

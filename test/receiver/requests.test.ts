import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from '@jest/globals';
import { uemBody } from '../sandbox/uem.js';
import { describeRecordedBodies, recordedBody } from '../uem/payload-files.js';
import { startTestReceiver, type Answer, type Call, type TestReceiver } from './receiver.js';

const limit = 64 * 1024;
const laptopKey = 'serial:5cd1234xyz';
const body = (overrides = {}) => JSON.stringify(uemBody({ platform: 'windows', complianceStatus: 'NonCompliant' }, overrides));

let receiver: TestReceiver;

beforeAll(async () => {
  receiver = await startTestReceiver();
});

afterEach(async () => {
  await receiver.client.flushall();
});

afterAll(async () => {
  await receiver.stop();
});

describe('an event', () => {
  it('is answered 200 when Redis has both the event and the job of its device', async () => {
    const answer = await receiver.call({ body: body() });
    expect(answer).toMatchObject({ status: 200, body: { result: 'queued', eventId: expect.stringMatching(/^\d+-\d+$/) } });
    expect(await receiver.taken()).toEqual({ events: 1, jobs: 1 });
    const jobId = await receiver.queue.getDeduplicationJobId(laptopKey);
    const job = await receiver.queue.getJob(jobId ?? '');
    expect(job).toMatchObject({ data: { v: 1, key: laptopKey }, priority: 2 });
  });

  it('that comes again has a job all the same, and only one', async () => {
    const one = body();
    await receiver.call({ body: one });
    await receiver.queue.obliterate({ force: true });
    expect(await receiver.call({ body: one })).toMatchObject({ status: 200, body: { result: 'duplicate' } });
    expect(await receiver.call({ body: one })).toMatchObject({ status: 200, body: { result: 'duplicate' } });
    expect(await receiver.taken()).toEqual({ events: 3, jobs: 1 });
  });

  it('about a compromise goes before all others, also when the device waits already', async () => {
    await receiver.call({ body: body({ CompromisedStatus: '' }) });
    await receiver.call({ body: body({ CompromisedStatus: 'Compromised', EventType: 'Compromised Status Changed' }) });
    const [job, ...more] = await receiver.queue.getPrioritized();
    expect(more).toEqual([]);
    expect(job?.priority).toBe(1);
  });

  test.each([
    'application/json', 'application/json; charset=utf-8', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/xml',
    'application/octet-stream', 'nonsense', '',
  ])('is read whatever its Content-Type says: %j', async (contentType) => {
    expect(await receiver.call({ headers: { 'content-type': contentType }, body: Buffer.from(body()) })).toMatchObject({ status: 200, body: { result: 'queued' } });
  });

  it('may be compressed, and may begin with a byte order mark or blanks', async () => {
    expect(await receiver.call({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(body()) })).toMatchObject({ status: 200, body: { result: 'queued' } });
    expect(await receiver.call({ body: `\uFEFF${body()}` })).toMatchObject({ status: 200 });
    expect(await receiver.call({ body: `\r\n  ${body()}\n` })).toMatchObject({ status: 200 });
  });

  it('may be as large as 64 KiB', async () => {
    const padding = limit - body({ Note: '' }).length;
    expect(await receiver.call({ body: body({ Note: 'x'.repeat(padding) }) })).toMatchObject({ status: 200, body: { result: 'queued' } });
  });

  it('with an unknown platform is kept and ignored', async () => {
    expect(await receiver.call({ body: body({ Platform: 'ChromeOS' }) })).toMatchObject({ status: 200, body: { result: 'ignored', reason: 'unknown_platform' } });
    expect(await receiver.taken()).toEqual({ events: 1, jobs: 0 });
  });

  it('without an identifier is kept and ignored', async () => {
    expect(await receiver.call({ body: '{"EventType":"Device Wipe"}' })).toMatchObject({ status: 200, body: { result: 'ignored', reason: 'no_identifier' } });
    expect(await receiver.taken()).toEqual({ events: 1, jobs: 0 });
  });

  it.each([
    ['a huge DeviceId', { DeviceId: '9'.repeat(5_000) }],
    ['half a character', { DeviceFriendlyName: '\ud83d' }],
    ['keys of a prototype', { constructor: 'x', toString: 'y' }],
  ])('is taken with %s', async (_what, overrides) => {
    expect(await receiver.call({ body: body(overrides) })).toMatchObject({ status: 200, body: { result: 'queued' } });
  });

  it('is taken with a field that is nested as deeply as there is room', async () => {
    const deep = `{"Extra":${'['.repeat(30_000)}${']'.repeat(30_000)},${body().slice(1)}`;
    expect(await receiver.call({ body: deep })).toMatchObject({ status: 200, body: { result: 'queued' } });
  });

  it('leaves no e-mail address, user name, body or password in the log', async () => {
    await receiver.call({ body: body({ EnrollmentEmailAddress: 'canary@example.com', EnrollmentUserName: 'canary', DeviceFriendlyName: "canary's laptop" }) });
    await receiver.call({ body: '{"canary": ' });
    expect(receiver.logLines.join('')).not.toContain('canary');
    expect(receiver.logLines.join('')).toContain(laptopKey);
  });

  it('from the future is taken, and somebody is told that a clock is wrong', async () => {
    const told = receiver.nextLogLine('clock_skew');
    await receiver.call({ body: body({ EventTime: new Date(Date.now() + 3_600_000).toISOString() }) });
    expect(JSON.parse(await told)).toMatchObject({ alert: 'clock_skew', aheadMs: expect.any(Number) });
  });
});

describeRecordedBodies('a recorded body', () => {
  test.each([
    ['compliance-noncompliant-windows.json', { result: 'queued' }],
    ['compliance-compliant-iphone.json', { result: 'queued' }],
    ['compromised-windows.json', { result: 'queued' }],
    ['delete-iphone.json', { result: 'queued' }],
    ['unenrol-iphone-blank-email.json', { result: 'queued' }],
    ['enrolment-pending-android-no-serial.json', { result: 'ignored', reason: 'neutral_status' }],
    ['asset-number-changed-windows.json', { result: 'queued' }],
    ['compromised-status-changed-healthy-macos.json', { result: 'queued' }],
    ['enterprise-wipe-requested-android-2014.json', { result: 'queued' }],
    ['compromised-android.xml', { result: 'ignored', reason: 'neutral_status' }],
  ])('%s is answered 200', async (file, expected) => {
    const answer = await receiver.call({ body: recordedBody(file) });
    expect(answer).toEqual(expect.objectContaining({ status: 200, body: { ...expected, eventId: expect.any(String) } }));
    const again = await receiver.call({ body: recordedBody(file) });
    expect(again).toMatchObject({ status: 200, body: { result: expected.result === 'queued' ? 'duplicate' : 'ignored' } });
  });
});

const bytes = (...values: number[]) => new Uint8Array(values);

const problem = (status: number, detail: RegExp) => ({
  status,
  contentType: 'application/problem+json; charset=utf-8',
  body: { type: 'about:blank', status, title: expect.any(String), detail: expect.stringMatching(detail) },
});

const answered = ({ status, headers, body: said }: Answer) => ({ status, contentType: headers.get('content-type'), body: said });

describe('a request that is refused', () => {
  it.each<[string, Call, [number, RegExp]]>([
    ['without a body', {}, [400, /empty/]],
    ['with an empty body', { body: '' }, [400, /empty/]],
    ['with blanks', { body: ' \n ' }, [400, /empty/]],
    ['with a cut off body', { body: body().slice(0, -2) }, [400, /JSON/]],
    ['with bytes that are no text', { body: bytes(0x7b, 0xff, 0xfe, 0x7d) }, [400, /UTF-8/]],
    ['with a form', { body: 'ComplianceStatus=NonCompliant', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, [400, /JSON/]],
    ['with a page', { body: '<html><body>Sign in</body></html>' }, [400, /Eventlog/]],
    ['with XML without a field', { body: '<?xml version="1.0"?><Eventlog/>' }, [422, /none of the fields/]],
    ['with a broken compression', { body: 'no gzip', headers: { 'content-encoding': 'gzip' } }, [400, /cannot be read/]],
    ['with an unknown compression', { body: body(), headers: { 'content-encoding': 'zip' } }, [400, /encoding/]],
    ['with 64 KiB and a byte', { body: 'x'.repeat(limit + 1) }, [413, /65536/]],
    ['with a bomb', { body: gzipSync(Buffer.alloc(20_000_000)), headers: { 'content-encoding': 'gzip' } }, [413, /65536/]],
    ['with a list', { body: `[${body()}]` }, [422, /object/]],
    ['with a text', { body: '"NonCompliant"' }, [422, /object/]],
    ['with null', { body: 'null' }, [422, /object/]],
    ['with nothing of ours', { body: '{"hello":"world"}' }, [422, /none of the fields/]],
    ['about nobody', { body: '{"ComplianceStatus":"NonCompliant","Platform":"Apple"}' }, [422, /"Udid" or "SerialNumber"/]],
    ['by PUT', { method: 'PUT', body: body() }, [405, /POST/]],
    ['by DELETE', { method: 'DELETE' }, [405, /POST/]],
    ['by OPTIONS', { method: 'OPTIONS' }, [405, /POST/]],
    ['on another path', { path: '/webhook', body: body() }, [404, /\/webhooks\/uem/]],
    ['on a broken path', { path: '/%ff/%', body: body() }, [404, /\/webhooks\/uem/]],
  ])('%s is told why, and nothing is taken', async (_what, call, [status, detail]) => {
    expect(answered(await receiver.call(call))).toEqual(problem(status, detail));
    expect(await receiver.taken()).toEqual({ events: 0, jobs: 0 });
    expect(await receiver.call({ body: body() })).toMatchObject({ status: 200 });
  });

  it('by another method is told which ones there are', async () => {
    expect((await receiver.call({ method: 'PATCH' })).headers.get('allow')).toBe('GET, POST');
  });

  it('without credentials is not read: 401 even where it is too large', async () => {
    const answer = await receiver.call({ authorization: null, body: 'x'.repeat(limit * 4) });
    expect(answered(answer)).toEqual(problem(401, /UEM_WEBHOOK_USERNAME/));
  });
});

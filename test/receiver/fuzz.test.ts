import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { uemBody } from '../sandbox/uem.js';
import { tell, watchStandstills, type Standstills } from '../standstill.js';
import { startTestReceiver, type Call, type TestReceiver } from './receiver.js';

const receiptSchema = z.object({ result: z.enum(['queued', 'duplicate', 'stale', 'ignored']), eventId: z.string().min(1) });
const problemSchema = z.object({ type: z.string(), title: z.string(), status: z.number(), detail: z.string().min(1) });

let receiver: TestReceiver;
let standstills: Standstills;

beforeAll(async () => {
  standstills = watchStandstills();
  receiver = await startTestReceiver();
});

afterAll(async () => {
  standstills.stop();
  await receiver.stop();
});

/** The sender hears what became of it, and the fault is never put on us. */
async function isAnsweredProperly(call: Call): Promise<boolean> {
  const { status, body } = await receiver.call(call);
  return status === 200 ? receiptSchema.safeParse(body).success : [400, 413, 422].includes(status) && problemSchema.safeParse(body).success;
}

/** Redis did not answer in time because nobody ran. */
const isExcused = (line: string) => standstills.lostMs() > 0 && line.includes('Command timed out');

/** Throws with the smallest request that is not answered properly. */
async function tryAll(calls: fc.Arbitrary<Call>, numRuns: number): Promise<void> {
  await tell(() => fc.assert(fc.asyncProperty(calls, isAnsweredProperly), { numRuns }));
}

const names = Object.keys(uemBody({ platform: 'iphone' }));
const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const words = fc.constantFrom('NonCompliant', 'Compliant', 'Compromised', 'Enrolled', 'Unenrolled', 'WinRT', 'Apple', 'System.Byte[]', '/Date(1)/', '\ud83d', '\u0000', '');
const value = fc.oneof({ weight: 3, arbitrary: words }, anyText, fc.jsonValue(), fc.double(), fc.bigInt().map(String));
const member = fc.tuple(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.constantFrom('__proto__', 'UDID', 'udid'), anyText), value);

describe('whatever is sent with the right credentials is answered, and never with a 5xx:', () => {
  it('arbitrary bytes', async () => {
    const calls = fc.uint8Array({ maxLength: 300 }).map((body) => ({ body: new Uint8Array(body) }));
    await expect(tryAll(calls, 200)).resolves.toBeUndefined();
  });

  it('arbitrary bytes that say they are compressed', async () => {
    const encoding = fc.constantFrom('gzip', 'deflate', 'br', 'identity', 'GZIP', 'x');
    const calls = fc.tuple(fc.uint8Array({ maxLength: 300 }), encoding).map(([body, name]) => ({ body: new Uint8Array(body), headers: { 'content-encoding': name } }));
    await expect(tryAll(calls, 100)).resolves.toBeUndefined();
  });

  it('arbitrary JSON', async () => {
    await expect(tryAll(fc.json().map((body) => ({ body })), 200)).resolves.toBeUndefined();
  });

  it('notifications with arbitrary members in them', async () => {
    const written = member.map(([key, said]) => `${JSON.stringify(key)}:${JSON.stringify(said)}`);
    const calls = fc.array(written, { maxLength: 12 }).map((members) => ({ body: `{${members.join(',')}}` }));
    await expect(tryAll(calls, 500)).resolves.toBeUndefined();
  });

  it('XML notifications with arbitrary elements in them', async () => {
    const name = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', 'x:nil'));
    const text = fc.oneof(words, anyText, fc.constantFrom('&#x110000;', '&#99999999;', '&#0;', '&lt;', '&nbsp;', '&unknown;', '<![CDATA[<x>]]>', '<!-- -->', '<?x?>', '<a/>'));
    const element = fc.tuple(name, text).map(([tag, content]) => `<${tag}>${content}</${tag}>`);
    const calls = fc.array(element, { maxLength: 8 }).map((elements) => ({ body: `<Eventlog>${elements.join('')}</Eventlog>` }));
    await expect(tryAll(calls, 300)).resolves.toBeUndefined();
  });

  it('and ordinary events are taken afterwards', async () => {
    const body = JSON.stringify(uemBody({ platform: 'windows', complianceStatus: 'NonCompliant' }));
    expect(await receiver.call({ body })).toMatchObject({ status: 200, body: { result: 'queued' } });
    expect(receiver.logLines.filter((line) => line.includes('"level":50') && !isExcused(line))).toEqual([]);
  });
});

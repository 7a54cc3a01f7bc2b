import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { startTestReceiver, type Answer, type TestReceiver } from './receiver.js';

const body = '{"SerialNumber":"S1","Platform":"WinRT","ComplianceStatus":"NonCompliant"}';

let receiver: TestReceiver;

beforeAll(async () => {
  receiver = await startTestReceiver();
});

afterAll(async () => {
  await receiver.stop();
});

test('A flood without credentials is answered 429 after a while, whatever address it pretends to come from, and UEM still gets through.', async () => {
  const complained = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const answers: Answer[] = [];
  for (let index = 0; index < 301; index += 1) {
    answers.push(await receiver.call({ authorization: null, body, headers: { 'x-forwarded-for': `10.0.${index >> 8}.${index & 255}` } }));
  }
  expect(answers[0]?.status).toBe(401);
  const last = answers.at(-1);
  expect(last).toMatchObject({ status: 429, body: { status: 429, detail: expect.stringContaining('wait a minute') } });
  expect(last?.headers.get('content-type')).toContain('application/problem+json');
  expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await receiver.taken()).toEqual({ events: 0, jobs: 0 });

  expect(await receiver.call({ body })).toMatchObject({ status: 200, body: { result: 'queued' } });
  expect(await receiver.call({ method: 'GET' })).toMatchObject({ status: 200 });
  expect(complained).not.toHaveBeenCalled();
});

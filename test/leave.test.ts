import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { httpCall, type HttpAnswer } from '../src/http-call.js';
import { Prepared, prepare } from '../src/leave.js';
import { createTokenSource } from '../src/token-source.js';

let upstream: Server;
let url: string;
let arrived: string[] = [];

beforeAll(async () => {
  upstream = createServer((request, response) => {
    arrived.push(request.url ?? '');
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const address = upstream.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  url = `http://127.0.0.1:${address.port}`;
});
beforeEach(() => {
  arrived = [];
});
afterAll(() => {
  upstream.close();
  upstream.closeAllConnections();
});

let built = 0;

function call(path: string): () => Promise<HttpAnswer> {
  return async () => {
    built += 1;
    return await httpCall({ upstream: 'okta', operation: 'suspendDevice', method: 'POST', url: `${url}/${path}`, headers: {} }, 5_000);
  };
}

/** Leave that is granted by the event `leave`, and refused by `error`. */
function ask(): { leave: Promise<unknown>; answer: EventEmitter } {
  const answer = new EventEmitter();
  return { leave: once(answer, 'leave'), answer };
}

/** Whatever was to be sent without leave is at the upstream when another call, begun after it was built, has been answered twice. */
async function anotherIsAnswered(): Promise<void> {
  await nextTurn();
  await call('another')();
  await call('another')();
  expect(arrived.splice(0)).toEqual(['/another', '/another']);
}

describe('a call that waits for leave', () => {
  test('is not sent before it has it', async () => {
    const { leave, answer } = ask();
    const answered = prepare(leave, call('suspension'));
    await anotherIsAnswered();
    answer.emit('leave');
    expect((await answered).status).toBe(200);
    expect(arrived).toEqual(['/suspension']);
  });

  test('is never sent where it is refused, and says why', async () => {
    const { leave, answer } = ask();
    const answered = prepare(leave, call('suspension'));
    answer.emit('error', new Error('a newer event has come in'));
    await expect(answered).rejects.toThrow('a newer event has come in');
    await anotherIsAnswered();
  });

  test('whose leave is refused after it has failed by itself tells of its own failure, and of nothing that would end the process', async () => {
    const { leave, answer } = ask();
    const prepared = new Prepared(() => Promise.reject(new Error('no such id')));
    const answered = prepare(leave, prepared.send);
    await expect(answered).rejects.toThrow('no such id');
    answer.emit('error', new Error('a newer event has come in'));
    await nextTurn();
  });

  test('asks for no token before it has it, and no other call depends on its leave for one', async () => {
    const exchange = jest.fn(() => Promise.resolve({ lifetimeMs: 1_000 }));
    const tokens = createTokenSource(exchange);
    const { leave, answer } = ask();
    const waiting = prepare(leave, () => tokens.lease());
    await anotherIsAnswered();
    expect(exchange).not.toHaveBeenCalled();
    await expect(tokens.lease()).resolves.toMatchObject({ token: { lifetimeMs: 1_000 } });
    answer.emit('error', new Error('paused'));
    await expect(waiting).rejects.toThrow('paused');
    expect(exchange).toHaveBeenCalledTimes(1);
  });
});

describe('a sign-out that is prepared while a suspension is on its way', () => {
  test('is not sent before it is made and has leave', async () => {
    const { leave, answer } = ask();
    const prepared = new Prepared(call('sign-out'));
    await anotherIsAnswered();
    const answered = prepare(leave, prepared.send);
    await anotherIsAnswered();
    answer.emit('leave');
    await answered;
    expect(arrived).toEqual(['/sign-out']);
  });

  test('is not sent where it is not made', async () => {
    const prepared = new Prepared(call('sign-out'));
    await anotherIsAnswered();
    expect(prepared.send).toBeInstanceOf(Function);
  });

  test('is refused to whoever makes it, and to nobody else, also where it would have sent nothing: as in shadow mode', async () => {
    const { leave, answer } = ask();
    const prepared = new Prepared(() => Promise.resolve('nothing was sent'));
    const answered = prepare(leave, prepared.send);
    await nextTurn();
    answer.emit('error', new Error('a newer event has come in'));
    await expect(leave).rejects.toThrow('a newer event has come in');
    await expect(answered).resolves.toBe('nothing was sent');
    await nextTurn(); // a refusal that nobody heard would end the process: here it fails the test
  });

  test('is built anew where that was long ago, or when it is made again', async () => {
    built = 0;
    const prepared = new Prepared(call('sign-out'));
    await prepared.send();
    expect(built).toBe(1);
    await prepared.send();
    expect(built).toBe(2);
    const old = new Prepared(call('sign-out'));
    const later = Date.now() + 6_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(later);
    await old.send();
    clock.mockRestore();
    expect(built).toBe(4);
    expect(arrived).toHaveLength(3);
  });
});

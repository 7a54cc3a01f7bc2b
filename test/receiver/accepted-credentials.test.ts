import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { isAuthenticated } from '../../src/receiver/credentials.js';
import { basic } from './receiver.js';

test('Every accepted pair is compared whole, whichever is right, so that the time says nothing.', () => {
  const request = new IncomingMessage(new Socket());
  for (const given of [{ username: 'a', password: 'password-a' }, { username: 'b', password: 'password-b' }, { username: 'x', password: 'y' }, null]) {
    const asked: string[] = [];
    const accepted = ['a', 'b'].map((username) => ({ username, password: () => `password-${asked[asked.push(username) - 1]}` }));
    request.headers.authorization = given === null ? '' : basic(given);
    expect(isAuthenticated(request, accepted)).toBe(given !== null && given.username !== 'x');
    expect(asked).toEqual(['a', 'b']);
  }
});

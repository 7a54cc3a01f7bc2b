import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import basicAuth from 'basic-auth';
import type { Secret } from '../secret.js';

export type BasicCredentials = { username: string; password: Secret };

/** Whether a request carries one of the accepted Basic credentials; takes the same time whatever differs. */
export function isAuthenticated(request: IncomingMessage, accepted: BasicCredentials[]): boolean {
  const given = basicAuth(request);
  const name = digest(given?.name ?? '');
  const pass = digest(given?.pass ?? '');
  return accepted
    .map(({ username, password }) => {
      const sameName = timingSafeEqual(name, digest(username));
      const samePass = timingSafeEqual(pass, digest(password()));
      return sameName && samePass;
    })
    .includes(true);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

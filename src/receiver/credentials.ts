import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import basicAuth from 'basic-auth';
import type { RevocableSecret } from '../secret.js';

export type BasicCredentials = { username: string; password: RevocableSecret };

/** Whether a request carries one of the accepted Basic credentials; takes the same time whatever differs. */
export function isAuthenticated(request: IncomingMessage, accepted: BasicCredentials[]): boolean {
  const given = basicAuth(request);
  const name = digest(given?.name ?? '');
  const pass = digest(given?.pass ?? '');
  return accepted
    .map(({ username, password }) => {
      const sameName = timingSafeEqual(name, knownDigest(username));
      const expected = password();
      const samePass = timingSafeEqual(pass, knownDigest(expected ?? ''));
      return sameName && samePass && expected !== null;
    })
    .includes(true);
}

const known = new Map<string, Buffer>();

/** The digest of a configured value, which is the same at every request until it is rotated. */
function knownDigest(text: string): Buffer {
  const found = known.get(text) ?? digest(text);
  if (known.size > 8) known.clear();
  known.set(text, found);
  return found;
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

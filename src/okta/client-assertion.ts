import { randomUUID, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { UpstreamFailure } from '../failure.js';
import { readPrivateKey } from '../key-pair.js';

export type ClientKey = { clientId: string; keyId: string | undefined; privateKey: () => string };

/** Okta's guide on service apps: an assertion may live for an hour at most; five minutes are what Okta's SDK uses. */
const lifetime = '5 minutes';

/**
 * The signed JWT that authenticates a service app at the token endpoint (`private_key_jwt`, RFC 7523). The key is read anew, so a
 * rotated one is used from the next exchange on. Throws `UpstreamFailure` `credentials` with the code `invalid_private_key`.
 */
export async function clientAssertion(client: ClientKey, audience: string): Promise<string> {
  try {
    return await sign(client, audience);
  } catch {
    // The reason is dropped: a parser's message may quote the key that it could not read.
    throw new UpstreamFailure({ upstream: 'okta', operation: 'token', kind: 'credentials', code: 'invalid_private_key' });
  }
}

async function sign(client: ClientKey, audience: string): Promise<string> {
  const { key, kid } = readKey(client.privateKey());
  const keyId = client.keyId ?? kid;
  return await new SignJWT()
    .setProtectedHeader({ alg: algorithmOf(key), ...(keyId !== undefined && { kid: keyId }) })
    .setIssuer(client.clientId)
    .setSubject(client.clientId)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(key);
}

const namedKey = z.object({ kid: z.string().optional() });

function readKey(text: string): { key: KeyObject; kid: string | undefined } {
  const key = readPrivateKey(text, 'okta');
  return { key, kid: text.trimStart().startsWith('{') ? namedKey.parse(JSON.parse(text)).kid : undefined };
}

const curveAlgorithms = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
]);

function algorithmOf(key: KeyObject): string {
  const algorithm = key.asymmetricKeyType === 'rsa' ? 'RS256' : curveAlgorithms.get(key.asymmetricKeyDetails?.namedCurve ?? '');
  if (algorithm === undefined) throw new TypeError('neither RSA nor a curve that Okta knows');
  return algorithm;
}

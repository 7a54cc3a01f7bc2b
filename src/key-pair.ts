import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** What is wrong with a private key or its certificate, in words that follow the variable: what it is, and what to do. They quote nothing. */
const flaws = {
  private_key_missing: 'holds no private key: a block that begins with BEGIN PRIVATE KEY is wanted',
  private_key_public: 'holds a public key: the private key of the pair is wanted',
  private_key_encrypted: 'holds an encrypted private key: nobody is there to type its passphrase; decrypt it with openssl pkey -in OLD -out NEW',
  private_key_unreadable: 'holds a private key that cannot be read: it is cut off or has lost its line breaks; copy it anew, best as a file',
  private_key_not_rsa: 'holds a private key that is not RSA: make an RSA key of 2048 bits or more',
  private_key_kind: 'holds a private key that is neither RSA nor EC on P-256, P-384 or P-521: make one of these',
  private_key_too_small: 'holds an RSA key of less than 2048 bits: make a larger one',
  certificate_missing: 'holds no certificate: a block that begins with BEGIN CERTIFICATE is wanted beside the private key',
  certificate_unreadable: 'holds a certificate that cannot be read: it is cut off; copy it anew',
  certificate_key_mismatch: 'holds a private key and the certificate of another one: give the two that belong together',
} as const;

type KeyFlaw = keyof typeof flaws;

/** A key or certificate that cannot be used; the message says what is wrong with it, in words that follow its variable. */
export class UnusableKey extends Error {
  readonly flaw: KeyFlaw;

  constructor(flaw: KeyFlaw) {
    super(flaws[flaw]);
    this.flaw = flaw;
  }
}

/** What is wrong with the key that is read, in the words of `UnusableKey`; null: nothing. */
export function keyFlaw(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof UnusableKey) return error.message;
    throw error;
  }
}

/** What each of the three can work with: Okta's service apps, msal-node, and TLS. */
const demands = {
  okta: { other: 'private_key_kind', curves: ['prime256v1', 'secp384r1', 'secp521r1'], jwk: true },
  entra: { other: 'private_key_not_rsa', curves: [], jwk: false },
  tls: { other: 'private_key_kind', curves: ['prime256v1', 'secp384r1', 'secp521r1'], jwk: false },
} as const satisfies Record<string, { other: KeyFlaw; curves: readonly string[]; jwk: boolean }>;

type KeyUse = keyof typeof demands;

/** The private key in a PEM text, for Okta also in a JWK. Throws `UnusableKey`. */
export function readPrivateKey(text: string, use: KeyUse): KeyObject {
  const key = demands[use].jwk && text.trimStart().startsWith('{') ? readJwk(text) : readPem(text);
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const curves: readonly string[] = demands[use].curves;
  if (key.asymmetricKeyType === 'rsa' && modulusLength < 2048) throw new UnusableKey('private_key_too_small');
  if (key.asymmetricKeyType === 'rsa' || curves.includes(namedCurve)) return key;
  throw new UnusableKey(demands[use].other);
}

const jsonWebKey = z.looseObject({ kty: z.string(), d: z.string().optional() });

function readJwk(text: string): KeyObject {
  try {
    const { d, ...jwk } = jsonWebKey.parse(JSON.parse(text));
    if (d === undefined) throw new UnusableKey('private_key_public');
    return createPrivateKey({ key: { ...jwk, d }, format: 'jwk' });
  } catch (error) {
    throw error instanceof UnusableKey ? error : new UnusableKey('private_key_unreadable');
  }
}

const privateKeyBlock = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----.+?-----END \1-----/s;

function readPem(pem: string): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) throw new UnusableKey(/-----BEGIN [A-Z ]*PUBLIC KEY-----/.test(pem) ? 'private_key_public' : 'private_key_missing');
  if (/BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: .*ENCRYPTED/m.test(pem)) throw new UnusableKey('private_key_encrypted');
  try {
    return createPrivateKey(privateKeyBlock.exec(pem)?.[0] ?? '');
  } catch {
    throw new UnusableKey('private_key_unreadable');
  }
}

const certificateBlock = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/**
 * The private key in a PEM text and the certificate in it that belongs to the key: for TLS the first, because a server shows that one as its
 * own. Throws `UnusableKey`.
 */
export function readKeyPair(pem: string, use: KeyUse): { certificate: X509Certificate; key: KeyObject } {
  const key = readPrivateKey(pem, use);
  const blocks = pem.match(certificateBlock);
  if (blocks === null) throw new UnusableKey(pem.includes('-----BEGIN CERTIFICATE-----') ? 'certificate_unreadable' : 'certificate_missing');
  const certificate = blocks
    .slice(0, use === 'tls' ? 1 : undefined)
    .map(readX509)
    .find((candidate) => candidate.checkPrivateKey(key));
  if (certificate === undefined) throw new UnusableKey('certificate_key_mismatch');
  return { certificate, key };
}

function readX509(block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch {
    throw new UnusableKey('certificate_unreadable');
  }
}

const day = (text: string) => new Date(text).toISOString().slice(0, 10);

/** What is wrong with the time of a certificate; null: it is valid at `now`. */
export function periodFlaw({ validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>, now: number): string | null {
  if (Date.parse(validTo) <= now) return `the certificate expired on ${day(validTo)}: renew it`;
  return Date.parse(validFrom) > now ? `the certificate is not valid before ${day(validFrom)}: use the one before until then, or set the clock right` : null;
}

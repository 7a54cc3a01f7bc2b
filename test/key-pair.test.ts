import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { certificatesOutOfDate, logCertificates } from '../src/certificates.js';
import { periodFlaw, readKeyPair, readPrivateKey } from '../src/key-pair.js';
import { createLog } from '../src/log.js';
import { selfSigned } from './entra/self-signed.js';

const own = selfSigned();
const other = selfSigned();
const small = selfSigned({ bits: 1024 });
const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const bitcoin = pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey);
const ed25519 = pem(generateKeyPairSync('ed25519').privateKey);
const publicPem = p256.publicKey.export({ format: 'pem', type: 'spki' }).toString();
const publicJwk = JSON.stringify(p256.publicKey.export({ format: 'jwk' }));
const ecJwk = JSON.stringify(p256.privateKey.export({ format: 'jwk' }));
const cut = (text: string) => text.slice(0, text.length / 2);
const unreadable = /cannot be read.*cut off or has lost its line breaks/;

describe('a private key', () => {
  test.each([
    ['okta', 'nothing', '', /no private key/],
    ['okta', 'a certificate', own.certificate, /no private key/],
    ['okta', 'a public key', publicPem, /a public key: the private key of the pair is wanted/],
    ['okta', 'a public JWK', publicJwk, /a public key: the private key of the pair is wanted/],
    ['okta', 'an encrypted key', own.encryptedKey, /encrypted.*openssl pkey/],
    ['okta', 'half a PEM', cut(own.privateKey), unreadable],
    ['okta', 'a PEM in one line', own.privateKey.replaceAll('\n', String.raw`\n`), unreadable],
    ['okta', 'half a JWK', cut(ecJwk), unreadable],
    ['okta', 'a curve that Okta does not take', bitcoin, /neither RSA nor EC on P-256, P-384 or P-521/],
    ['okta', 'Ed25519', ed25519, /neither RSA nor EC/],
    ['okta', 'a small RSA key', small.privateKey, /less than 2048 bits/],
    ['entra', 'a JWK', ecJwk, /no private key/],
    ['entra', 'an EC key', pem(p256.privateKey), /not RSA: make an RSA key/],
    ['entra', 'a small RSA key', small.privateKey, /less than 2048 bits/],
    ['tls', 'a small RSA key', small.privateKey, /less than 2048 bits/],
    ['tls', 'Ed25519', ed25519, /neither RSA nor EC/],
  ] as const)('for %s is refused with what is wrong and what to do: %s', (...[use, , text, told]) => {
    expect(() => readPrivateKey(text, use)).toThrow(told);
  });

  test.each([['okta', ecJwk], ['okta', own.privateKey], ['entra', own.privateKey], ['tls', pem(p256.privateKey)]] as const)('for %s is taken', (use, text) => {
    expect(readPrivateKey(text, use).type).toBe('private');
  });
});

describe('a certificate', () => {
  test.each([
    ['missing', own.privateKey, /no certificate/],
    ['cut off', `${cut(own.certificate)}\n${own.privateKey}`, /a certificate that cannot be read: it is cut off/],
    ['broken', `${own.privateKey}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`, /a certificate that cannot be read/],
    ['of another key', other.certificate + own.privateKey, /certificate of another one/],
    ['of another key before its own, in TLS', other.certificate + own.certificate + own.privateKey, /certificate of another one/],
  ])('that is %s is refused', (_what, text, told) => {
    expect(() => readKeyPair(text, 'tls')).toThrow(told);
  });

  test('that has expired or is not valid yet is told with the day', () => {
    const certificate = new X509Certificate(selfSigned({ from: '260101000000Z', until: '261231235959Z' }).certificate);
    expect(periodFlaw(certificate, Date.parse('2026-06-01'))).toBeNull();
    expect(periodFlaw(certificate, Date.parse('2027-01-01'))).toBe('the certificate expired on 2026-12-31: renew it');
    expect(periodFlaw(certificate, Date.parse('2025-12-31'))).toMatch(/not valid before 2026-01-01: .*clock/);
  });

  test('that is out of date is said in the log at the start, and the relay starts all the same', () => {
    const old = selfSigned({ until: '251231235959Z' });
    const entra = { AZURE_CLIENT_CERTIFICATE_PATH: () => old.certificate + old.privateKey, AZURE_AUTHORITY_HOST: '', GRAPH_BASE_URL: '' };
    const lines: string[] = [];
    logCertificates({ entra }, createLog('info', 'test', { write: (line) => lines.push(line) }));
    expect(JSON.parse(lines.join(''))).toMatchObject({ level: 50, alert: 'certificate_out_of_date', problem: 'AZURE_CLIENT_CERTIFICATE_PATH: the certificate expired on 2025-12-31: renew it.' });
    expect(certificatesOutOfDate({ entra: { ...entra, AZURE_CLIENT_SECRET: () => 'in use instead' } }, Date.now())).toEqual([]);
  });
});

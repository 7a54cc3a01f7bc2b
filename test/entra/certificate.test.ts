import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { readCertificate } from '../../src/entra/certificate.js';
import { UpstreamFailure } from '../../src/failure.js';
import { selfSigned } from './self-signed.js';

const own = selfSigned();
const issuer = selfSigned();
const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

test.each([
  ['the certificate first', own.certificate + own.privateKey],
  ['the key first', own.privateKey + own.certificate],
  ['a chain in any order', issuer.certificate + own.certificate + own.privateKey],
])('a PEM with %s gives the thumbprint of the certificate that belongs to the key', (_, pem) => {
  const { thumbprintSha256, privateKey } = readCertificate(pem);
  expect(thumbprintSha256).toBe(new X509Certificate(own.certificate).fingerprint256.replaceAll(':', ''));
  expect(thumbprintSha256).toMatch(/^[0-9A-F]{64}$/);
  expect(privateKey).toBe(own.privateKey);
});

test.each([
  ['private_key_missing', own.certificate],
  ['private_key_missing', ''],
  ['private_key_encrypted', own.certificate + own.encryptedKey],
  ['private_key_unreadable', `${own.certificate}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`],
  ['private_key_not_rsa', own.certificate + ecKey],
  ['certificate_missing', own.privateKey],
  ['certificate_unreadable', `${own.privateKey}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`],
  ['certificate_key_mismatch', issuer.certificate + own.privateKey],
])('%s says what is wrong with the file, and nothing of its content', (code, pem) => {
  const failure = thrownBy(() => readCertificate(pem));
  expect(failure).toBeInstanceOf(UpstreamFailure);
  expect(failure).toHaveProperty('message', `entra token: credentials, ${code}`);
  expect(failure).not.toHaveProperty('cause');
});

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { UpstreamFailure } from '../failure.js';

/** What msal-node wants for a certificate: the SHA-256 thumbprint as hex without colons, and an unencrypted PKCS #8 key. */
type ClientCertificate = { thumbprintSha256: string; privateKey: string };

const certificateBlock = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/**
 * Reads a PEM file that holds a certificate (chain) and its RSA private key. Throws `UpstreamFailure` `credentials` whose code says what is
 * wrong; msal-node itself notices most of these only at the first exchange, and a wrong thumbprint never.
 */
export function readCertificate(pem: string): ClientCertificate {
  const { certificate, key } = readPair(pem);
  return {
    thumbprintSha256: certificate.fingerprint256.replaceAll(':', ''),
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Until when the certificate in such a file is valid, milliseconds since 1970. Throws like `readCertificate`. */
export function certificateValidUntil(pem: string): number {
  return Date.parse(readPair(pem).certificate.validTo);
}

function readPair(pem: string): { certificate: X509Certificate; key: KeyObject } {
  const key = readPrivateKey(pem);
  const blocks = pem.match(certificateBlock);
  if (blocks === null) throw unusable('certificate_missing');
  const certificate = blocks.map(readX509).find((candidate) => candidate.checkPrivateKey(key));
  if (certificate === undefined) throw unusable('certificate_key_mismatch');
  return { certificate, key };
}

function readPrivateKey(pem: string): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) throw unusable('private_key_missing');
  if (/BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: .*ENCRYPTED/m.test(pem)) throw unusable('private_key_encrypted');
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    throw unusable('private_key_unreadable');
  }
  throw unusable('private_key_not_rsa');
}

function readX509(block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch {
    throw unusable('certificate_unreadable');
  }
}

function unusable(code: string): UpstreamFailure {
  return new UpstreamFailure({ upstream: 'entra', operation: 'token', kind: 'credentials', code });
}

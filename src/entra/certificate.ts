import { UpstreamFailure } from '../failure.js';
import { readKeyPair, UnusableKey } from '../key-pair.js';

/** What msal-node wants for a certificate: the SHA-256 thumbprint as hex without colons, and an unencrypted PKCS #8 key. */
type ClientCertificate = { thumbprintSha256: string; privateKey: string };

/**
 * Reads a PEM file that holds a certificate (chain) and its RSA private key. Throws `UpstreamFailure` `credentials` whose code says what is
 * wrong; msal-node itself notices most of these only at the first exchange, and a wrong thumbprint never.
 */
export function readCertificate(pem: string): ClientCertificate {
  try {
    const { certificate, key } = readKeyPair(pem, 'entra');
    return {
      thumbprintSha256: certificate.fingerprint256.replaceAll(':', ''),
      privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
  } catch (error) {
    if (error instanceof UnusableKey) throw new UpstreamFailure({ upstream: 'entra', operation: 'token', kind: 'credentials', code: error.flaw });
    throw error;
  }
}

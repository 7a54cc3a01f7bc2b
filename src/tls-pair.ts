import { ConfigError } from './config.js';
import { keyFlaw, readKeyPair } from './key-pair.js';
import { lastUsable, lookAt, secretInFile, type Flaw, type Secret, type SecretSource } from './secret.js';
import type { Settings } from './settings.js';

/** The certificate (chain) and its key as one PEM text, read again when a file changes; null: TLS is off. Throws `ConfigError`. */
export function tlsPair({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key }: Settings['tls']): Secret | null {
  if (cert === undefined || key === undefined) return null;
  const source = bothOf(secretInFile('TLS_CERT_FILE', cert), secretInFile('TLS_KEY_FILE', key));
  const seen = lookAt(source, pairFlaw);
  if (seen.flaw === null) return lastUsable(source, pairFlaw, seen.value);
  throw new ConfigError([`TLS_CERT_FILE: ${cert} with TLS_KEY_FILE ${key}: ${seen.flaw}. Example: TLS_CERT_FILE=/run/secrets/tls.crt TLS_KEY_FILE=/run/secrets/tls.key`]);
}

/** Both files are replaced one after the other: together they are usable or not. */
function bothOf(cert: SecretSource, key: SecretSource): SecretSource {
  const read = () => {
    const [one, other] = [cert.read(), key.read()];
    return { text: `${one.text}\n${other.text}`, fresh: one.fresh || other.fresh };
  };
  return { variable: 'TLS_CERT_FILE', path: `${cert.path} or ${key.path}`, read };
}

const pairFlaw: Flaw = (pem) => keyFlaw(() => readKeyPair(pem, 'tls'));

import { generateKeyPairSync, sign } from 'node:crypto';

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length < 128 ? Buffer.from([content.length]) : Buffer.from([0x82, content.length >> 8, content.length & 255]);
  return Buffer.concat([Buffer.from([tag]), length, content]);
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const sha256WithRsa = sequence(Buffer.from('06092a864886f70d01010b0500', 'hex'));
const name = sequence(der(0x31, sequence(Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('relay')))));

/** As extensions have it: the certificate is that of 127.0.0.1. */
const forLoopback = der(0xa3, sequence(sequence(Buffer.from('0603551d11', 'hex'), der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1])))))));
const version3 = der(0xa0, der(0x02, Buffer.from([2])));

/** A new RSA key and a self-signed certificate for it (RFC 5280), of 127.0.0.1, both as PEM. Times as UTCTime, e.g. 251231235959Z. */
export function selfSigned({ from = '250101000000Z', until = '450101000000Z', bits = 2048 } = {}): { certificate: string; privateKey: string; encryptedKey: string } {
  const keys = generateKeyPairSync('rsa', { modulusLength: bits });
  const spki = keys.publicKey.export({ type: 'spki', format: 'der' });
  const validity = sequence(der(0x17, Buffer.from(from)), der(0x17, Buffer.from(until)));
  const body = sequence(version3, der(0x02, Buffer.from([1])), sha256WithRsa, name, validity, name, spki, forLoopback);
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, keys.privateKey));
  const base64 = sequence(body, sha256WithRsa, signature).toString('base64').match(/.{1,64}/g) ?? [];
  const encryption = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${base64.join('\n')}\n-----END CERTIFICATE-----\n`,
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    encryptedKey: keys.privateKey.export(encryption).toString(),
  };
}

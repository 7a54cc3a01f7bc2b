import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { startReceiver } from '../../src/receiver/start.js';
import { selfSigned } from '../entra/self-signed.js';
import { credentials, startTestReceiver } from './receiver.js';

const folder = mkdtempSync(join(tmpdir(), 'posture-relay-tls-'));
const pair = selfSigned();
const files = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') };
writeFileSync(files.TLS_CERT_FILE, pair.certificate);
writeFileSync(files.TLS_KEY_FILE, pair.privateKey);
afterAll(() => rmSync(folder, { recursive: true }));

test('With a certificate and its key the receiver speaks HTTPS, and nothing else', async () => {
  const receiver = await startTestReceiver({ environment: files });
  const { protocol, hostname, port } = new URL(receiver.url);
  expect(protocol).toBe('https:');
  const auth = `${credentials.username}:${credentials.password}`;
  const asking = request({ hostname, port, path: '/webhooks/uem', auth, ca: pair.certificate, checkServerIdentity: () => undefined, agent: false });
  asking.end();
  const [answer] = await once(asking, 'response');
  answer.resume();
  expect(answer.statusCode).toBe(200);
  await expect(fetch(`http://${hostname}:${port}/healthz`)).rejects.toThrow('fetch failed');
  await receiver.stop();
});

test('A certificate with somebody else\'s key is refused at the start, by name', async () => {
  const other = join(folder, 'other.pem');
  writeFileSync(other, selfSigned().privateKey);
  const environment = { PORT: '0', UEM_WEBHOOK_USERNAME: 'uem', UEM_WEBHOOK_PASSWORD: 'password1', ...files, TLS_KEY_FILE: other };
  const settings = readConfig(['receiver', 'store', 'tls'], environment);
  const starting = startReceiver(settings, { url: 'redis://127.0.0.1:1' }, createLog('silent', 'test'));
  await expect(starting).rejects.toThrow(/TLS_CERT_FILE: .*cert\.pem with TLS_KEY_FILE .*other\.pem: holds a private key and the certificate of another one/);
});

const fingerprint = (certificate: string) => new X509Certificate(certificate).fingerprint256;

test('A renewed certificate is shown without a restart, and one that is half replaced is not', async () => {
  const receiver = await startTestReceiver({ environment: files });
  const port = Number(new URL(receiver.url).port);
  const shown = async () => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { raw } = socket.getPeerCertificate();
    socket.destroy();
    return new X509Certificate(raw).fingerprint256;
  };
  const renewed = selfSigned();
  expect(await shown()).toBe(fingerprint(pair.certificate));
  writeFileSync(files.TLS_CERT_FILE, renewed.certificate);
  expect(await shown()).toBe(fingerprint(pair.certificate));
  writeFileSync(files.TLS_KEY_FILE, renewed.privateKey);
  expect(await shown()).toBe(fingerprint(renewed.certificate));
  writeFileSync(files.TLS_KEY_FILE, '');
  expect(await shown()).toBe(fingerprint(renewed.certificate));
  await receiver.stop();
});

test('Behind a proxy that is believed, refused requests are counted by the address that it forwards', async () => {
  const receiver = await startTestReceiver({ environment: { TRUST_PROXY: 'loopback' } });
  const refusedFrom = (address: string) => receiver.call({ authorization: 'Basic bm86bm8=', headers: { 'x-forwarded-for': address }, body: '{}' });
  const flood = await Promise.all(Array.from({ length: 301 }, () => refusedFrom('192.0.2.1')));
  expect(flood.map(({ status }) => status)).toContain(429);
  expect((await refusedFrom('192.0.2.2')).status).toBe(401);
  await receiver.stop();
});

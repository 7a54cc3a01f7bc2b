import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Express } from 'express';
import { ConfigError } from './config.js';
import type { Settings } from './settings.js';

export type Listening = { url: string; stop: () => Promise<void> };

type Address = { host: string; port: number; tls?: Settings['tls'] };

/** Serves an application, over TLS where a certificate is given; resolves when it accepts connections. Throws where the address is taken. */
export async function listen(app: Express, { host, port, tls }: Address): Promise<Listening> {
  const secure = tls?.TLS_CERT_FILE !== undefined;
  const server = secure ? createSecureServer(app, tls) : createServer(app);
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = address !== null && typeof address === 'object' ? address.port : port;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return { url: `${secure ? 'https' : 'http'}://${name}:${bound}`, stop: () => close(server) };
}

function createSecureServer(app: Express, { TLS_CERT_FILE: cert = '', TLS_KEY_FILE: key = '' }: Settings['tls']): Server {
  try {
    return createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, app);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError([`TLS_CERT_FILE: ${cert} and TLS_KEY_FILE ${key} are not a PEM certificate with its key (${reason}).`]);
  }
}

/** Answers what is being asked, then closes. */
async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  await closed;
}

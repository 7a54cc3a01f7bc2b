import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { Express } from 'express';

export type Listening = { url: string; stop: () => Promise<void> };

/** Serves an application; resolves when it accepts connections. Throws with a clear message where the address is taken. */
export async function listen(app: Express, { host, port }: { host: string; port: number }): Promise<Listening> {
  const server = createServer(app);
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = address !== null && typeof address === 'object' ? address.port : port;
  return { url: `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${bound}`, stop: () => close(server) };
}

/** Answers what is being asked, then closes. */
async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  await closed;
}

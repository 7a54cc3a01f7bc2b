import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Secret } from './secret.js';
import type { Settings } from './settings.js';
import { tlsPair } from './tls-pair.js';

export type Listening = { url: string; stop: () => Promise<void> };

type Address = { host: string; port: number; tls?: Settings['tls'] };

/** Serves an application, over TLS where a certificate is given; resolves when it accepts connections. Throws where the address is taken. */
export async function listen(app: RequestListener, { host, port, tls }: Address): Promise<Listening> {
  const pair = tls ? tlsPair(tls) : null;
  const server = pair ? createSecureServer(app, pair) : createServer(app);
  server.requestTimeout = 10_000;
  const ending = closeAfterAnswers(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = address !== null && typeof address === 'object' ? address.port : port;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return { url: `${pair ? 'https' : 'http'}://${name}:${bound}`, stop: () => close(server, ending) };
}

/** Serves an application that works with something to let go of after it: when it stops, and when it cannot start. */
export async function listenWith(letGo: () => Promise<void>, app: RequestListener, address: Address): Promise<Listening> {
  try {
    const { url, stop } = await listen(app, address);
    return { url, stop: () => stop().then(letGo) };
  } catch (error) {
    await letGo();
    throw error;
  }
}

/** A renewed certificate is shown from the next connection on. */
function createSecureServer(app: RequestListener, pair: Secret): Server {
  let shown = pair();
  const server = createTlsServer({ cert: shown, key: shown }, app);
  server.prependListener('connection', () => {
    const pem = pair();
    if (pem === shown) return;
    shown = pem;
    server.setSecureContext({ cert: pem, key: pem });
  });
  return server;
}

/** What comes in on an open connection after it was told to end still has this long, milliseconds, to begin. */
const lastRequestWithinMs = 1_000;

/**
 * Once told to end, tells every caller with its answer that the connection closes: one kept alive would hold the end up. So would one on
 * which nothing was ever asked (a browser's, a load balancer's): Node does not count it among the idle ones, and it is cut.
 */
function closeAfterAnswers(server: Server): { begin: () => void } {
  const answering = new Set<ServerResponse>();
  let begun = false;
  let cutting = false;
  const cut = () => {
    if (cutting && answering.size === 0) server.closeAllConnections();
  };
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (begun) response.setHeader('Connection', 'close');
    answering.add(response);
    response.once('close', () => {
      answering.delete(response);
      cut();
    });
  });
  return {
    begin: () => {
      begun = true;
      for (const response of answering) if (!response.headersSent) response.setHeader('Connection', 'close');
      setTimeout(() => {
        cutting = true;
        cut();
      }, lastRequestWithinMs).unref();
    },
  };
}

/** Answers what is being asked, then closes. */
async function close(server: Server, ending: { begin: () => void }): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  ending.begin();
  server.closeIdleConnections();
  await closed;
}

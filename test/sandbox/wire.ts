import type { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { DoubleAnswer, DoubleRequest } from './http-message.js';

/** An answer as it goes over the wire. */
export type RawAnswer = { status: number; headers: Record<string, string | string[]>; text: string };

type Server = ReturnType<typeof createServer>;

/** Reads a whole request without decoding anything of its path. */
export async function read(incoming: IncomingMessage): Promise<DoubleRequest> {
  let body = '';
  incoming.setEncoding('utf8');
  for await (const chunk of incoming) body += String(chunk);
  const path = incoming.url ?? '/';
  const [pathname = '/', ...query] = path.split('?');
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const origin = `http://${headers['host'] ?? ''}`;
  return { method: incoming.method ?? 'GET', origin, path, pathname, query: new URLSearchParams(query.join('?')), headers, body };
}

/** Puts an answer into JSON. */
export function rawAnswer({ status, headers = {}, body }: DoubleAnswer): RawAnswer {
  if (body === undefined) return { status, headers, text: '' };
  return { status, headers: { 'content-type': 'application/json', ...headers }, text: JSON.stringify(body) };
}

/** Sends an answer to its end. */
export function send(response: ServerResponse, { status, headers, text }: RawAnswer): void {
  response.writeHead(status, headers);
  response.end(text === '' ? undefined : text);
}

/** Listens on 127.0.0.1; 0 is any free port. Returns the port. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** Ends every connection, also those that wait for an answer. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export type SlowLink = { url: string; delayMs: number; close: () => void };

/** A way to Redis on which every request travels for `delayMs`; answers come back at once. */
export async function startSlowLink(redisUrl: string): Promise<SlowLink> {
  const { hostname, port } = new URL(redisUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect({ host: hostname, port: Number(port) });
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    let sent = Promise.resolve();
    client.on('data', (chunk) => {
      const due = performance.now() + link.delayMs;
      sent = sent.then(() => arrival(due)).then(() => void redis.write(chunk)); // nothing overtakes what is still on its way
    });
    client.on('close', () => redis.destroy());
    redis.on('close', () => client.destroy());
    redis.pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(redisUrl);
  url.port = String(typeof address === 'object' ? address?.port : '');
  const link: SlowLink = {
    url: url.href,
    delayMs: 0,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return link;
}

async function arrival(due: number): Promise<void> {
  const left = due - performance.now();
  if (left > 0) await delay(left);
}

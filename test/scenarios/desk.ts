import { z } from 'zod';
import { readConfig } from '../../src/config.js';
import { startConsole } from '../../src/console/start.js';
import { createLog } from '../../src/log.js';
import type { Scenario } from './relay.js';

type Answer = { status: number; body: unknown };

/** The keys that an order was carried out on. */
export function keysIn({ body }: Answer): string[] {
  return z.object({ keys: z.array(z.string()) }).parse(body).keys;
}

const listed = z.array(z.object({ key: z.string() }).transform(({ key }) => key));
const listsSchema = z.object({ devices: listed.default([]), failures: listed.default([]) });

/** On-call's side of a scenario: the console as production starts it, asked over HTTP. */
export type OnCall = {
  url: string;
  get: (path: string) => Promise<Answer>;
  /** Gives an order with a reason, as `grace@laptop`. */
  order: (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object) => Promise<Answer>;
  /** The keys of everything that is held, or that was given up. */
  held: () => Promise<string[]>;
  failed: (query?: string) => Promise<string[]>;
  stop: () => Promise<void>;
};

/** Starts the console of a scenario. */
export async function startDesk({ environment, redis }: Scenario): Promise<OnCall> {
  const settings = readConfig(['store', 'tls', 'console'], { ...environment, CONSOLE_PORT: '0' });
  const console = await startConsole(settings, { url: redis.url }, createLog('silent', 'test'));
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(`${console.url}/api/v1/${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  const get: OnCall['get'] = (path) => ask(path);
  let connected = await get('pause');
  while (connected.status === 503) connected = await get('pause');
  return {
    url: console.url,
    get,
    order: (method, path, body = {}) => {
      const headers = { 'content-type': 'application/json', 'x-relay-actor': 'grace@laptop' };
      return ask(path, { method, headers, body: JSON.stringify({ reason: 'a test', ...body }) });
    },
    held: async () => listsSchema.parse((await get('held')).body).devices,
    failed: async (query = '') => listsSchema.parse((await get(`failures?${query}`)).body).failures,
    stop: console.stop,
  };
}

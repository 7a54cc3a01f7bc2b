import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { startProcess, type Exit, type RelayProcess } from '../chaos/process.js';
import { selfSigned } from '../entra/self-signed.js';
import { startTestRedis } from '../redis.js';
import { sendWebhook } from '../sandbox/uem.js';
import { compose, envFile, environmentOf, root, serviceNamed, sourceOf } from './compose-file.js';

const variables = envFile('deploy/sandbox.env');
/** Where Compose's fixed ports would meet those of other tests. */
const anyPorts = { OKTA_CLIENT_ORGURL: 'http://127.0.0.1:0', AZURE_AUTHORITY_HOST: 'http://127.0.0.1:0', GRAPH_BASE_URL: 'http://127.0.0.1:0' };

type Doubles = { exited: Promise<Exit>; output: () => string; printed: (text: string) => Promise<string>; end: () => Promise<Exit> };

/** Starts the program of the service `sandbox` as its container would, with these variables on top. */
function startDoubles(environment: Record<string, string>): Doubles {
  const program = serviceNamed('sandbox').command?.[1] ?? '';
  const file = join(root, program);
  const source = join(root, sourceOf(program));
  if (!existsSync(file) || statSync(file).mtimeMs < statSync(source).mtimeMs) throw new Error(`${program} is missing or older than its source: run "npm run build" (npm test does).`);
  const child = spawn(process.execPath, [file], { env: { ...environmentOf(serviceNamed('sandbox'), variables), ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const looking = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const look of looking) look();
    });
  }
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  const printed = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const line = lines.find((candidate) => candidate.includes(text));
        if (line !== undefined) resolve(line);
      };
      looking.add(look);
      look();
      void exited.then(() => reject(new Error(`ended without printing "${text}":\n${lines.join('\n')}`)));
    });
  const end = async () => {
    child.kill('SIGTERM');
    return await exited;
  };
  return { exited, output: () => lines.join('\n'), printed, end };
}

/** Runs the health check of a service against another address than that in the file; resolves to its exit code. */
function checkHealth(name: string, environment: Record<string, string>, address = ''): Promise<number> {
  const [, , ...args] = compose.services[name]?.healthcheck?.test ?? [];
  const here = args.map((arg) => (address === '' ? arg : arg.replace(/127\.0\.0\.1:\d+/, new URL(address).host)));
  return new Promise((resolve) => {
    const child = execFile(process.execPath, here, { env: environment }, () => resolve(child.exitCode ?? -1));
  });
}

const urlIn = (line: string) => /http:\/\/\S+/.exec(line)?.[0] ?? '';
const runSchema = z.object({ outcome: z.string(), calls: z.array(z.object({ operation: z.string(), result: z.string() })) });

describe('what docker-compose.yml starts with deploy/sandbox.env, without the containers', () => {
  const stops: (() => Promise<unknown>)[] = [];
  let doubles: Doubles;
  let upstreams: Record<string, string>;
  let receiver: RelayProcess;
  let worker: RelayProcess;

  beforeAll(async () => {
    const redis = await startTestRedis();
    stops.unshift(redis.stop);
    doubles = startDoubles(anyPorts);
    stops.unshift(doubles.end);
    const entra = urlIn(await doubles.printed('Entra ID double'));
    upstreams = { OKTA_CLIENT_ORGURL: urlIn(await doubles.printed('Okta double')), AZURE_AUTHORITY_HOST: entra, GRAPH_BASE_URL: entra };
    const here = { ...upstreams, REDIS_URL: redis.url, PORT: '0', METRICS_PORT: '0' };
    receiver = startProcess('receiver', { ...environmentOf(serviceNamed('receiver'), variables), ...here });
    worker = startProcess('workers', { ...environmentOf(serviceNamed('worker'), variables), ...here });
    stops.unshift(() => receiver.end('SIGKILL'), () => worker.end('SIGKILL'));
    await worker.line('workers started');
  });

  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  test('locks the first device out that the doubles offer', async () => {
    const [EnrollmentEmailAddress = '', , Udid = '', SerialNumber = ''] = (await doubles.printed('ada.lovelace@example.com')).split(/ +/);
    const body = { EventTime: new Date().toISOString(), ComplianceStatus: 'NonCompliant', Udid, SerialNumber, Platform: 'Apple', EnrollmentEmailAddress };
    const credentials = { username: variables['UEM_WEBHOOK_USERNAME'] ?? '', password: variables['UEM_WEBHOOK_PASSWORD'] ?? '' };
    expect(await sendWebhook(await receiver.url(), body, credentials)).toMatchObject({ status: 200, body: { result: 'queued' } });
    const { outcome, calls } = runSchema.parse(await worker.line('"msg":"run"'));
    expect(outcome).toBe('done');
    expect(calls.map(({ operation, result }) => `${operation} ${result}`)).toEqual([
      'listDevices answered',
      'suspendDevice suspended',
      'revokeUserSessions revoked',
      'revokeSignInSessions revoked',
    ]);
  });

  test('is healthy by the checks of the file, and not where nothing answers', async () => {
    expect(await checkHealth('receiver', {}, await receiver.url())).toBe(0);
    expect(await checkHealth('sandbox', upstreams)).toBe(0);
    expect(await checkHealth('receiver', {}, 'http://127.0.0.1:1')).toBe(1);
    expect(await checkHealth('sandbox', { OKTA_CLIENT_ORGURL: 'http://127.0.0.1:1' })).toBe(1);
  });

  test.each(['receiver', 'console'])('is healthy with a certificate of its own, too: %s', async (name) => {
    const { certificate, privateKey } = selfSigned();
    let status = 200;
    const server = createServer({ cert: certificate, key: privateKey }, (_request, response) => void response.writeHead(status).end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = z.object({ port: z.number() }).parse(server.address());
    expect(await checkHealth(name, { TLS_CERT_FILE: 'given' }, `https://127.0.0.1:${port}`)).toBe(0);
    status = 503;
    expect(await checkHealth(name, { TLS_CERT_FILE: 'given' }, `https://127.0.0.1:${port}`)).toBe(1);
    server.close();
  });

  test('prints no password, token or secret', async () => {
    await doubles.printed('relay status');
    expect(doubles.output()).not.toContain('made-up-');
  });
});

describe('the doubles as a process', () => {
  test('end with 0 when the container is stopped', async () => {
    const doubles = startDoubles(anyPorts);
    await doubles.printed('relay status');
    expect(await doubles.end()).toEqual({ code: 0, signal: null });
  });

  test('refuse to stand in for anything beyond loopback, and name every variable that is wrong', async () => {
    const doubles = startDoubles({ ...anyPorts, OKTA_CLIENT_ORGURL: 'https://acme.okta.com', OKTA_CLIENT_TOKEN: '', GRAPH_BASE_URL: 'http://127.0.0.1:9' });
    expect(await doubles.exited).toEqual({ code: 1, signal: null });
    expect(doubles.output()).toContain('OKTA_CLIENT_ORGURL: must be http://127.0.0.1:PORT');
    expect(doubles.output()).toContain('OKTA_CLIENT_TOKEN: is required');
  });

  test('refuse a Graph that is not where the Entra double is', async () => {
    const doubles = startDoubles({ ...anyPorts, GRAPH_BASE_URL: 'http://127.0.0.1:9' });
    expect(await doubles.exited).toEqual({ code: 1, signal: null });
    expect(doubles.output()).toContain('GRAPH_BASE_URL: must be the same as AZURE_AUTHORITY_HOST');
  });
});

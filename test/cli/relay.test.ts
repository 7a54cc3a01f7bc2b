import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { happens, startTestConsole } from '../console/api.js';
import { startTestRedis } from '../redis.js';
import { ensureBuilt, relay } from './command.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const device = { key: 'udid:aa' };

describe('the command relay', () => {
  let servers: Server[] = [];

  beforeAll(ensureBuilt);

  afterEach(async () => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    servers = [];
  });

  async function listening(answer: RequestListener): Promise<string> {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  const answering = (status: number, body: unknown, type = 'application/json') =>
    listening((_request, response) => response.writeHead(status, { 'content-type': type }).end(typeof body === 'string' ? body : JSON.stringify(body)));

  it('says what it can do, and its version', async () => {
    const help = await relay(['--help'], {});
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('Usage: relay');
    expect(help.out).toMatch(/status.*\n[^]*device/);
    expect(await relay(['--version'], {})).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['explode']],
    ['an unknown option', ['status', '--loud']],
    ['too many arguments', ['status', 'now']],
    ['device without one', ['device']],
    ['an empty device', ['device', '']],
    ['a device that would be another path', ['device', '..']],
  ])('ends with 2 for wrong usage: %s', async (_case, args) => {
    const ran = await relay(args, {});
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).not.toBe('');
  });

  it('says which address it could not reach, what sets it, and how the console is started', async () => {
    const url = await answering(200, {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const ran = await relay(['status'], { RELAY_URL: url });
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain(`The console at ${url} cannot be reached (ECONNREFUSED).`);
    expect(ran.err).toContain('RELAY_URL sets the address');
    expect(ran.err).toContain('npm start');
  });

  it('names a variable that it cannot use, without its secrets', async () => {
    const ran = await relay(['status'], { RELAY_URL: 'nowhere', RELAY_TOKEN: 'cli-token-canary' });
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('RELAY_URL');
    expect(ran.err).not.toContain('canary');
    const secretive = await relay(['status'], { RELAY_URL: 'http://user:url-canary@127.0.0.1:1', RELAY_TOKEN: 'cli-token-canary' });
    expect(secretive).toMatchObject({ code: 1, out: '' });
    expect(secretive.err).not.toContain('canary');
  });

  it('sends the token, and follows no redirect with it', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await listening((request, response) => {
      seen.push(`elsewhere ${request.headers.authorization}`);
      response.end('{}');
    });
    const url = await listening((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: elsewhere }).end();
    });
    expect(await relay(['status'], { RELAY_URL: url, RELAY_TOKEN: 'secret' })).toMatchObject({ code: 1, out: '' });
    expect(seen).toEqual(['Bearer secret']);
  });

  it.each([
    { what: 'another program', status: 200, body: '<html></html>', message: 'not as a relay\'s console does' },
    { what: 'another program that refuses', status: 401, body: '<html></html>', message: 'not as a relay\'s console does' },
    { what: 'a console of another version', status: 200, body: '{"mode":"enforce"}', message: 'answers otherwise than this version of the command expects' },
    { what: 'a console that failed', status: 500, body: '{"title":"The console failed","detail":"See the log."}', message: 'HTTP 500: The console failed. See the log.' },
  ])('says so when it finds $what', async ({ status, body, message }) => {
    const ran = await relay(['status'], { RELAY_URL: await answering(status, body) });
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain(message);
    expect(ran.err).not.toMatch(/\n {4}at /);
  });

  it('shows another policy than the one in force only where no console can be reached: what a console says is no reason to guess', async () => {
    const policy = join(mkdtempSync(join(tmpdir(), 'posture-relay-policy-')), 'policy.yaml');
    writeFileSync(policy, 'withoutRecord: nothing');
    for (const [status, title] of [[401, 'Unauthorized'], [500, 'The console failed'], [503, 'No Redis']] as const) {
      const RELAY_URL = await answering(status, { title, detail: 'See the log.' });
      for (const args of [['policy', 'show'], ['policy', 'show', '--json']]) expect(await relay(args, { RELAY_URL, POLICY_FILE: policy })).toMatchObject({ code: 1, out: '' });
    }
    const nowhere = { RELAY_URL: 'http://127.0.0.1:1' };
    expect((await relay(['policy', 'show'], nowhere)).out).toMatch(/^# The policy that is built in \(no console answers\)\.\n/);
    const local = await relay(['policy', 'show'], { ...nowhere, POLICY_FILE: policy });
    expect(local).toMatchObject({ code: 0, out: expect.stringContaining('withoutRecord: nothing') });
    expect(local.out).toContain('the POLICY_FILE of this command (no console answers)');
    rmSync(dirname(policy), { recursive: true });
  });

  it('says that the console has lost Redis, and what that means', async () => {
    const redis = await startTestRedis();
    const console = await startTestConsole(redis);
    try {
      const closed = happens(console.redis, 'close');
      await redis.kill9();
      await closed;
      const ran = await relay(['status'], { RELAY_URL: console.url });
      expect(ran).toMatchObject({ code: 1, out: '', err: expect.stringContaining('has no Redis') });
      expect(ran.err).toContain('Check Redis first');
    } finally {
      await console.stop();
      await redis.stop();
    }
  });

  it('keeps the path of RELAY_URL, and sends a device as one segment', async () => {
    const paths: (string | undefined)[] = [];
    const url = await listening((request, response) => {
      paths.push(request.url);
      response.writeHead(404).end('{"title":"Unknown device","detail":"Nothing is known about it."}');
    });
    const ran = await relay(['device', 'a/b?c#d'], { RELAY_URL: `${url}/behind/proxy` });
    expect(paths).toEqual(['/behind/proxy/api/v1/devices/a%2Fb%3Fc%23d']);
    expect(ran).toEqual({ code: 1, out: '', err: 'Unknown device. Nothing is known about it.\n' });
  });

  it('lets nothing through that a terminal would obey: from the console, in JSON, and from its own arguments', async () => {
    const hostile = 'x\u001B]0;owned\u0007\u009B2J';
    const url = await answering(500, { title: hostile, detail: hostile });
    const json = await answering(200, { devices: [{ ...device, name: hostile }] });
    const ran = await Promise.all([
      relay(['status'], { RELAY_URL: url }),
      relay(['device', 'aa', '--json'], { RELAY_URL: json }),
      relay(['device', 'aa'], { RELAY_URL: json }),
      relay([hostile], {}),
    ]);
    expect(ran.map(({ code }) => code)).toEqual([1, 0, 1, 2]);
    for (const { out, err } of ran) expect(`${out}${err}`).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(JSON.parse(ran[1].out)).toEqual({ devices: [{ ...device, name: hostile }] });
  });
});

import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBuilt, relay } from './command.js';

const command = join(import.meta.dirname, '../../dist/src/cli/main.js');
/** `script` of util-linux gives a program a terminal of its own. */
const hasScript = spawnSync('script', ['--version']).status === 0;
if (!hasScript) console.warn('Skipped: the questions at a terminal need `script` of util-linux.');
const describeAtTerminal = hasScript ? describe : describe.skip;

const failure = (i: number) => ({ key: `udid:${i}`, generation: i + 1, name: null, platform: null, email: null, cause: 'expired', at: 1, retryAt: 2, detail: '', wouldNow: i % 2 === 0 ? 'lock_out' : 'nothing' });

describe('acting on many devices', () => {
  let server: Server;
  let chunks: string[][];
  let generations: Record<string, number>;
  /** Answers a replay of these keys: with what was done, or an HTTP status. */
  let carryOut: (keys: string[]) => Promise<string[] | number>;

  beforeAll(ensureBuilt);

  afterEach(() => void server.close());

  async function consoleWith(count: number): Promise<string> {
    chunks = [];
    generations = {};
    const failures = Array.from({ length: count }, (_, i) => failure(i));
    server = createServer((request, response) => {
      void (async () => {
        if (request.method === 'GET') return response.end(JSON.stringify({ failures, cut: false }));
        const order = (await json(request)) as { keys: string[]; generations: Record<string, number> }; // oxlint-disable-line typescript/no-unsafe-type-assertion -- what the command sent
        chunks.push(order.keys);
        Object.assign(generations, order.generations);
        const done = await carryOut(order.keys);
        return typeof done === 'number' ? response.writeHead(done).end('{"title":"No","detail":"Not now."}') : response.end(JSON.stringify({ keys: done }));
      })();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  }

  const replayAll = ['failed', 'replay', '--all', '--yes', '--reason', 'a test'];

  it('goes in chunks of at most 200 with a line for each, and says how many were done', async () => {
    carryOut = async (keys) => keys.filter((key) => key !== 'udid:7');
    const ran = await relay(replayAll, { RELAY_URL: await consoleWith(450) });
    expect(chunks.map(({ length }) => length)).toEqual([200, 200, 50]);
    expect(new Set(chunks.flat()).size).toBe(450);
    expect(generations).toEqual(Object.fromEntries(Array.from({ length: 450 }, (_, i) => [`udid:${i}`, i + 1])));
    expect(ran).toEqual({
      code: 0,
      err: '200 of 450 ...\n400 of 450 ...\n450 of 450 ...\n',
      out: '450 devices to replay: 450 expired.\nA replay now: 225 lock_out, 225 nothing.\n449 of 450 devices replayed. The other 1 had changed meanwhile.\n',
    });
  });

  it('stops between two chunks at Ctrl-C, and says how many were done', async () => {
    const url = await consoleWith(600);
    let child: ChildProcessByStdio<null, Readable, Readable> | undefined;
    carryOut = async (keys) => {
      if (chunks.length < 2 || child === undefined) return keys;
      const heard = once(child.stderr, 'data');
      child.kill('SIGINT');
      await heard;
      return keys;
    };
    child = spawn(process.execPath, [command, ...replayAll], { env: { RELAY_URL: url }, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: string[] = [];
    child.stderr.on('data', (text: Buffer) => said.push(text.toString()));
    const [code] = await once(child, 'close');
    expect(chunks).toHaveLength(2);
    const err = '200 of 600 ...\nStopping after what was sent.\n400 of 600 ...\nStopped: 400 of 600 devices replayed. The others are as they were.\n';
    expect({ code, err: said.join('') }).toEqual({ code: 1, err });
  });

  describeAtTerminal('at a terminal', () => {
    it.each([
      ['y', 'y\n', 0, '2 of 2 devices replayed.'],
      ['n', 'n\n', 1, 'Nothing was done.'],
      ['nothing', '\n', 1, 'Nothing was done.'],
      ['Ctrl-C', '\u0003', 1, 'Nothing was done.'],
      ['Ctrl-D', '\u0004', 1, 'Nothing was done.'],
    ])('asks, and takes only a yes for one: %s', async (...[, typed, code, said]) => {
      carryOut = async (keys) => keys;
      const url = await consoleWith(2);
      const line = `${process.execPath} ${command} failed replay --all --reason test`;
      const child = spawn('script', ['-qec', line, '/dev/null'], { env: { ...process.env, RELAY_URL: url }, stdio: ['pipe', 'pipe', 'inherit'] });
      const question = 'replay 2 devices? [y/N]';
      let out = '';
      child.stdout.on('data', (text: Buffer) => {
        const before = out;
        out += text.toString();
        if (out.includes(question) && !before.includes(question)) child.stdin.write(typed);
      });
      expect((await once(child, 'close'))[0]).toBe(code);
      expect(out).toContain(`${said}\r\n`);
      expect(out).not.toMatch(/\n {4}at /);
      expect(chunks).toHaveLength(code === 0 ? 1 : 0);
    });
  });

  it('says how far it came when the console fails', async () => {
    carryOut = async (keys) => (chunks.length === 2 ? 503 : keys);
    const ran = await relay(replayAll, { RELAY_URL: await consoleWith(300) });
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/has no Redis\. Not now\.[^]*\n200 of 300 devices replayed before that\.\n$/);
  });
});

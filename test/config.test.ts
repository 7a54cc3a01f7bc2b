import { mkdtempSync, readFileSync, rmSync, writeFileSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import { ConfigError, readConfig } from '../src/config.js';
import { settingsSchemas } from '../src/settings.js';

const folder = mkdtempSync(join(tmpdir(), 'posture-relay-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const okta = { OKTA_CLIENT_ORGURL: 'https://acme.okta.com', OKTA_CLIENT_TOKEN: 'token-canary' };

const oauth = { UEM_OAUTH_TOKEN_URL: 'https://na.uemauth.workspaceone.com/connect/token', UEM_OAUTH_CLIENT_ID: 'client', UEM_OAUTH_CLIENT_SECRET: 'secret-canary' };
const administrator = { UEM_API_USERNAME: 'reader', UEM_API_PASSWORD: 'password-canary', UEM_TENANT_CODE: 'tenant-canary' };

function problems(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

const uem = (environment: Record<string, string>) => readConfig(['uemApi'], environment).uemApi;
const interval = (text: string) => readConfig(['reconciliation'], { SWEEP_INTERVAL: text }).reconciliation.SWEEP_INTERVAL;

describe('the configuration', () => {
  test('is documented in .env.example, variable by variable', () => {
    const documented = readFileSync('.env.example', 'utf8').match(/^[A-Z_]+(?==)/gm);
    const read = Object.values(settingsSchemas).flatMap((schema) => Object.keys(schema.shape));
    expect(documented?.toSorted()).toEqual([...new Set(read)].toSorted());
    expect(readFileSync('.env.example', 'utf8')).toMatch(/^MODE=shadow$/m);
  });

  test('is refused with every variable that is wrong, what is wrong and an example', () => {
    const message = problems(() => readConfig(['receiver', 'okta', 'store'], { MODE: 'enforced', OKTA_CLIENT_ORGURL: 'acme' }));
    expect(message).toMatch(/UEM_WEBHOOK_USERNAME: is required.* Example: UEM_WEBHOOK_USERNAME=uem/);
    expect(message).toMatch(/UEM_WEBHOOK_PASSWORD: is required/);
    expect(message).toMatch(/OKTA_CLIENT_ORGURL: must be an http\(s\) URL\. Example: OKTA_CLIENT_ORGURL=https:\/\/acme\.okta\.com/);
    expect(message).toMatch(/MODE: .*"enforce"\|"shadow"/);
  });

  test('is refused with what belongs together although another variable is wrong too', () => {
    const message = problems(() => readConfig(['okta', 'entra'], { AZURE_TENANT_ID: 't' }));
    expect(message).toMatch(/OKTA_CLIENT_ORGURL: is required/);
    expect(message).toMatch(/OKTA_CLIENT_PRIVATEKEY: OKTA_CLIENT_CLIENTID and OKTA_CLIENT_PRIVATEKEY are required/);
    expect(message).toMatch(/AZURE_CLIENT_ID: AZURE_TENANT_ID and AZURE_CLIENT_ID go together/);
    expect(message).toMatch(/AZURE_CLIENT_SECRET: AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH is required/);
  });

  test('never shows a secret in an error', () => {
    const message = problems(() => readConfig(['receiver'], { UEM_WEBHOOK_USERNAME: 'uem', UEM_WEBHOOK_PASSWORD: 'canary' }));
    expect(message).toMatch(/UEM_WEBHOOK_PASSWORD: must have at least 8 characters/);
    expect(message).not.toMatch(/=canary|"canary"/);
  });

  test('takes a secret from a file and reads it again when the file changes', () => {
    const path = join(folder, 'token');
    writeFileSync(path, 'first\n');
    const settings = readConfig(['okta'], { OKTA_CLIENT_ORGURL: okta.OKTA_CLIENT_ORGURL, OKTA_CLIENT_TOKEN_FILE: path });
    expect(settings.okta.OKTA_CLIENT_TOKEN?.()).toBe('first');
    writeFileSync(path, 'second\n');
    utimesSync(path, new Date(), new Date(Date.now() + 1000));
    expect(settings.okta.OKTA_CLIENT_TOKEN?.()).toBe('second');
  });

  test('names a secret file that cannot be read', () => {
    const message = problems(() => readConfig(['okta'], { OKTA_CLIENT_ORGURL: okta.OKTA_CLIENT_ORGURL, OKTA_CLIENT_TOKEN_FILE: '/nowhere/token' }));
    expect(message).toMatch('OKTA_CLIENT_TOKEN: the file /nowhere/token cannot be read (ENOENT).');
  });

  test('lets credentials travel over plain HTTP only to loopback addresses and only on request', () => {
    const plain = { ...okta, OKTA_CLIENT_ORGURL: 'http://127.0.0.1:4000' };
    expect(problems(() => readConfig(['okta'], plain))).toMatch('OKTA_CLIENT_ORGURL: must be https://');
    expect(problems(() => readConfig(['okta'], { ...okta, OKTA_CLIENT_ORGURL: 'http://acme.okta.com', ALLOW_HTTP_UPSTREAMS: 'loopback' }))).toMatch('must be https://');
    expect(readConfig(['okta'], { ...plain, ALLOW_HTTP_UPSTREAMS: 'loopback' }).okta.OKTA_CLIENT_ORGURL).toBe('http://127.0.0.1:4000');
  });

  test.each([
    'http://acme.okta.com', 'HTTP://acme.okta.com', ' http://acme.okta.com', 'http:/acme.okta.com', 'http:acme.okta.com', 'http:\\\\acme.okta.com', 'ht\ntp://acme.okta.com',
    'http://127.0.0.1.evil.example', 'http://localhost.evil.example', 'http://localhost.', 'http://127.0.0.1@evil.example', 'http://127.evil.example', 'http://[::ffff:192.0.2.1]', 'ftp://127.0.0.1',
  ])('lets none of them travel over plain HTTP beyond loopback, however the URL is written: %j', (text) => {
    for (const [part, name] of [['okta', 'OKTA_CLIENT_ORGURL'], ['entra', 'GRAPH_BASE_URL'], ['entra', 'AZURE_AUTHORITY_HOST'], ['uemApi', 'UEM_API_URL'], ['uemApi', 'UEM_OAUTH_TOKEN_URL']] as const) {
      expect(problems(() => readConfig([part], { ...okta, ...oauth, UEM_API_URL: 'https://as1.awmdm.com', ALLOW_HTTP_UPSTREAMS: 'loopback', [name]: text }))).toMatch(new RegExp(`${name}: must be `));
    }
  });

  test.each(['http://127.0.0.1:4000', 'HTTP://localhost:4000', 'http://[::1]:4000', 'http://127.0.0.2', 'http://127.0.0.1.'])('knows what is loopback: %s', (url) => {
    expect(() => readConfig(['okta'], { ...okta, OKTA_CLIENT_ORGURL: url, ALLOW_HTTP_UPSTREAMS: 'loopback' })).not.toThrow();
    expect(problems(() => readConfig(['okta'], { ...okta, OKTA_CLIENT_ORGURL: url }))).toMatch('OKTA_CLIENT_ORGURL: must be https://');
  });

  const webhook = { UEM_WEBHOOK_USERNAME: 'uem', UEM_WEBHOOK_PASSWORD: 'password-canary' };
  const trusting = (TRUST_PROXY: string) => readConfig(['receiver'], { ...webhook, TRUST_PROXY }).receiver.TRUST_PROXY;

  test.each(['loopback', 'uniquelocal, linklocal', '10.0.0.0/8', '192.0.2.1,2001:db8::/32', '::1', '172.31.255.0/28'])('believes proxies that Express understands: %s', (text) => {
    expect(() => express().set('trust proxy', trusting(text))).not.toThrow();
  });

  test.each(['true', '1', '10/8', '*', 'all', 'caddy', 'Loopback', '127.1', '010.0.0.1', '10.0.0.0/33', '10.0.0.0/0', '::/0', '::1/129', '10.0.0.0/', 'loopback,', 'http://10.0.0.1'])('refuses at the start proxies that are none, and names the forms: TRUST_PROXY=%s', (text) => {
    expect(problems(() => trusting(text))).toMatch(/TRUST_PROXY: must be proxies, separated by commas: loopback, .* such as 10\.0\.0\.0\/8\. Example: TRUST_PROXY=loopback,10\.0\.0\.0\/8/);
  });

  test('opens the console beyond loopback only with a token', () => {
    expect(problems(() => readConfig(['console'], { CONSOLE_HOST: '0.0.0.0' }))).toMatch('CONSOLE_TOKEN: is required when CONSOLE_HOST is not a loopback address');
  });

  test('has UEM\'s REST API off, or with an OAuth client, or with an administrator', () => {
    expect(uem({ UEM_API_URL: '', UEM_TENANT_CODE: '' })).toEqual({});
    expect(uem({ UEM_API_URL: 'https://as1.awmdm.com', ...oauth }).UEM_OAUTH_CLIENT_SECRET?.()).toBe('secret-canary');
    expect(uem({ UEM_API_URL: 'https://as1.awmdm.com', ...oauth, UEM_TENANT_CODE: 't' }).UEM_TENANT_CODE?.()).toBe('t');
    expect(uem({ UEM_API_URL: 'https://as1.awmdm.com', ...administrator }).UEM_API_PASSWORD?.()).toBe('password-canary');
  });

  test.each([
    ['an address alone', { UEM_API_URL: 'https://as1.awmdm.com' }, ['UEM_OAUTH_CLIENT_ID: UEM_API_URL needs UEM_OAUTH_TOKEN_URL, UEM_OAUTH_CLIENT_ID, UEM_OAUTH_CLIENT_SECRET; or UEM_API_USERNAME']],
    ['a client without an address', oauth, ['UEM_API_URL: is required with UEM_OAUTH_TOKEN_URL']],
    ['an administrator without an address', administrator, ['UEM_API_URL: is required with UEM_OAUTH_TOKEN_URL']],
    ['half an OAuth client', { UEM_API_URL: 'https://as1.awmdm.com', UEM_OAUTH_CLIENT_ID: 'client' }, ['UEM_OAUTH_TOKEN_URL: UEM_OAUTH_TOKEN_URL, UEM_OAUTH_CLIENT_ID, UEM_OAUTH_CLIENT_SECRET go together', 'UEM_OAUTH_CLIENT_SECRET: UEM_OAUTH_TOKEN_URL']],
    ['an administrator without the tenant code', { UEM_API_URL: 'https://as1.awmdm.com', ...administrator, UEM_TENANT_CODE: '' }, ['UEM_TENANT_CODE: UEM_API_USERNAME, UEM_API_PASSWORD, UEM_TENANT_CODE go together']],
    ['both', { UEM_API_URL: 'https://as1.awmdm.com', ...oauth, ...administrator }, ['UEM_API_USERNAME: give one of the two']],
    ['no URL', { UEM_API_URL: 'as1.awmdm.com', ...oauth }, ['UEM_API_URL: must be an http(s) URL']],
    ['a token URL without TLS', { UEM_API_URL: 'https://as1.awmdm.com', ...oauth, UEM_OAUTH_TOKEN_URL: 'http://na.example.com/token' }, ['UEM_OAUTH_TOKEN_URL: must be https://']],
  ])('refuses for UEM\'s REST API %s, and tells what belongs together', (_case, environment, told) => {
    const lines = problems(() => uem(environment)).split('\n').slice(1);
    expect(lines.map((line) => line.trim())).toEqual(told.map((text) => expect.stringContaining(text)));
    expect(lines.join()).not.toContain('canary');
  });

  test('takes the sentinels as a list, with what they and Redis ask for', () => {
    const { redis } = readConfig(['redis'], { REDIS_SENTINELS: 'a:26379, 10.0.0.2:26380', REDIS_SENTINEL_NAME: 'relay', REDIS_SENTINEL_PASSWORD: 'p' });
    expect(redis.REDIS_SENTINELS).toEqual([{ host: 'a', port: 26379 }, { host: '10.0.0.2', port: 26380 }]);
    expect(redis.REDIS_SENTINEL_PASSWORD?.()).toBe('p');
    expect(problems(() => readConfig(['redis'], { REDIS_SENTINELS: 'a b:1', REDIS_SENTINEL_NAME: 'relay' }))).toMatch('REDIS_SENTINELS: must be host:port,host:port');
    expect(problems(() => readConfig(['redis'], { REDIS_SENTINELS: 'a:1' }))).toMatch('REDIS_SENTINEL_NAME: is required with REDIS_SENTINELS');
  });

  test('takes how often to sweep as a duration, a minute at least', () => {
    expect([interval(''), interval('90m'), interval('1d')]).toEqual([1_800_000, 5_400_000, 86_400_000]);
    expect(problems(() => interval('30'))).toMatch('SWEEP_INTERVAL: must be a duration such as 30m, 4h or 2d. Example: SWEEP_INTERVAL=30m');
    expect(problems(() => interval('10s'))).toMatch('SWEEP_INTERVAL: must be 1m at least');
  });
});

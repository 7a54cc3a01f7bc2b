import { mkdtempSync, readFileSync, rmSync, writeFileSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../src/config.js';
import { settingsSchemas } from '../src/settings.js';

const folder = mkdtempSync(join(tmpdir(), 'posture-relay-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const okta = { OKTA_CLIENT_ORGURL: 'https://acme.okta.com', OKTA_CLIENT_TOKEN: 'token-canary' };

function problems(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

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
    expect(message).toMatch('OKTA_CLIENT_TOKEN: the file /nowhere/token cannot be read.');
  });

  test('lets credentials travel over plain HTTP only to loopback addresses and only on request', () => {
    const plain = { ...okta, OKTA_CLIENT_ORGURL: 'http://127.0.0.1:4000' };
    expect(problems(() => readConfig(['okta'], plain))).toMatch('OKTA_CLIENT_ORGURL: must be https://');
    expect(problems(() => readConfig(['okta'], { ...okta, OKTA_CLIENT_ORGURL: 'http://acme.okta.com', ALLOW_HTTP_UPSTREAMS: 'loopback' }))).toMatch('must be https://');
    expect(readConfig(['okta'], { ...plain, ALLOW_HTTP_UPSTREAMS: 'loopback' }).okta.OKTA_CLIENT_ORGURL).toBe('http://127.0.0.1:4000');
  });

  test('opens the console beyond loopback only with a token', () => {
    expect(problems(() => readConfig(['console'], { CONSOLE_HOST: '0.0.0.0' }))).toMatch('CONSOLE_TOKEN: is required when CONSOLE_HOST is not a loopback address');
  });
});

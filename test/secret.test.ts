import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../src/config.js';
import { createLog } from '../src/log.js';
import { logSecrets } from '../src/secret.js';

const root = mkdtempSync(join(tmpdir(), 'posture-relay-secret-'));
afterAll(() => rmSync(root, { recursive: true }));
const earlier = new Date(Date.now() - 3_600_000);
let path = '';
beforeEach(() => {
  path = join(mkdtempSync(join(root, 'case-')), 'secret');
});

/** As a file that nobody is writing at the moment. */
function keep(text: string): void {
  writeFileSync(path, text);
  utimesSync(path, earlier, earlier);
}

const oktaToken = () => readConfig(['okta'], { OKTA_CLIENT_ORGURL: 'https://acme.okta.com', OKTA_CLIENT_TOKEN_FILE: path }).okta.OKTA_CLIENT_TOKEN;
const receiver = (variables: Record<string, string>) => readConfig(['receiver'], { UEM_WEBHOOK_USERNAME: 'uem', UEM_WEBHOOK_PASSWORD: 'current-password', ...variables }).receiver;
const webhookPassword = () => receiver({ UEM_WEBHOOK_PASSWORD: '', UEM_WEBHOOK_PASSWORD_FILE: path }).UEM_WEBHOOK_PASSWORD;
const accidents: [string, () => void][] = [
  ['unreadable', () => {
    rmSync(path);
    mkdirSync(path);
  }],
  ['gone', () => rmSync(path)],
];

describe('a secret in a file', () => {
  test.each([
    ['in the same moment', () => writeFileSync(path, 'second')],
    ['keeping the time of its last change', () => {
      const { mtime } = statSync(path);
      writeFileSync(path, 'second');
      utimesSync(path, mtime, mtime);
    }],
    ['by a copy with all times', () => {
      writeFileSync(`${path}.new`, 'second');
      utimesSync(`${path}.new`, earlier, earlier);
      cpSync(`${path}.new`, path, { preserveTimestamps: true });
    }],
    ['by a move', () => {
      writeFileSync(`${path}.new`, 'second');
      utimesSync(`${path}.new`, earlier, earlier);
      renameSync(`${path}.new`, path);
    }],
  ])('is read again when it is replaced %s', (_how, replace) => {
    keep('first-');
    const token = oktaToken();
    expect(token?.()).toBe('first-');
    replace();
    expect(token?.()).toBe('second');
  });

  test('is read again when Kubernetes points the folder at other files', () => {
    const folder = join(root, 'volume');
    for (const [name, text] of [['one', 'first-'], ['two', 'second']] as const) {
      path = join(mkdtempSync(`${folder}-${name}`), 'secret');
      keep(text);
      symlinkSync(join(path, '..'), join(root, name));
    }
    symlinkSync('one', folder);
    path = join(folder, 'secret');
    const token = oktaToken();
    expect(token?.()).toBe('first-');
    symlinkSync('two', `${folder}.new`);
    renameSync(`${folder}.new`, folder);
    expect(token?.()).toBe('second');
  });

  test('is read only by a process that runs the part it belongs to', () => {
    const mounted = { UEM_WEBHOOK_USERNAME: 'uem', UEM_WEBHOOK_PASSWORD: 'current-password', CONSOLE_TOKEN_FILE: '/nowhere/console', OKTA_CLIENT_TOKEN_FILE: '/nowhere/okta', AZURE_CLIENT_CERTIFICATE_PATH: '/nowhere/entra' };
    expect(readConfig(['receiver'], mounted).receiver.UEM_WEBHOOK_USERNAME).toBe('uem');
    expect(() => readConfig(['console'], mounted)).toThrow(/CONSOLE_TOKEN: the file \/nowhere\/console cannot be read \(ENOENT\)/);
  });
});

describe('a credential that the relay presents', () => {
  test.each([['emptied', () => keep('')], ...accidents])('stays what it was while its file is %s', (_how, happen) => {
    keep('first');
    const token = oktaToken();
    happen();
    expect(token?.()).toBe('first');
    rmSync(path, { recursive: true, force: true });
    keep('second');
    expect(token?.()).toBe('second');
  });

  test('is refused at the start where its file is empty', () => {
    keep('');
    expect(oktaToken).toThrow(/OKTA_CLIENT_TOKEN: is empty/);
  });
});

describe('a credential that others present', () => {
  test.each([['cut short', () => keep('second')], ...accidents])('stays what it was while its file is %s', (_how, happen) => {
    keep('first-password');
    const password = webhookPassword();
    happen();
    expect(password()).toBe('first-password');
  });

  test('is revoked by emptying its file, and never an empty one', () => {
    keep('first-password');
    const password = webhookPassword();
    keep('');
    expect(password()).toBeNull();
    rmSync(path);
    expect(password()).toBeNull();
    keep('second-password');
    expect(password()).toBe('second-password');
  });

  test('is not revoked by a file that was emptied this moment, because it is about to be written', () => {
    keep('first-password');
    const password = webhookPassword();
    writeFileSync(path, '');
    expect(password()).toBe('first-password');
  });

  test('may be revoked before the start where it is the second one, and only there', () => {
    keep('');
    const second = receiver({ UEM_WEBHOOK_PASSWORD_PREVIOUS_FILE: path }).UEM_WEBHOOK_PASSWORD_PREVIOUS;
    expect(second?.()).toBeNull();
    keep('previous-password');
    expect(second?.()).toBe('previous-password');
    keep('');
    expect(webhookPassword).toThrow(ConfigError);
  });
});

test('what is wrong with a secret file is logged once, with what follows from it and without its content', () => {
  const lines: string[] = [];
  logSecrets(createLog('info', 'test', { write: (line) => lines.push(line) }));
  keep('first-password');
  const password = webhookPassword();
  for (const text of ['canary', 'canary', '', 'second-password', 'second-password']) {
    keep(text);
    password();
  }
  const told = lines.map((line) => JSON.parse(line)).filter(({ variable }) => variable === 'UEM_WEBHOOK_PASSWORD');
  expect(told).toMatchObject([
    { level: 50, alert: 'secret_unusable', flaw: 'must have at least 8 characters', msg: 'a secret is not usable: its last usable value stays in use' },
    { level: 50, alert: 'secret_unusable', flaw: 'is empty', msg: 'a secret is not usable: nobody is let in by it' },
    { level: 30, msg: 'a secret is usable again' },
  ]);
  expect(lines.join('')).not.toMatch(/canary|second-password/);
});

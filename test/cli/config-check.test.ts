import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { configReportSchema, type ConfigReport } from '../../src/cli/config-check.js';
import { settingsSchemas } from '../../src/settings.js';
import { selfSigned } from '../entra/self-signed.js';
import { runHere } from './run.js';

const folder = mkdtempSync(join(tmpdir(), 'posture-relay-config-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString();
const own = selfSigned();
const other = selfSigned();
const old = selfSigned({ until: '251231235959Z' });

const usable = {
  UEM_WEBHOOK_USERNAME: 'uem',
  UEM_WEBHOOK_PASSWORD: 'uem-password-canary',
  OKTA_CLIENT_ORGURL: 'https://acme.okta.com',
  OKTA_CLIENT_CLIENTID: '0oa1',
  OKTA_CLIENT_PRIVATEKEY_FILE: file('okta.pem', pem),
  UEM_API_URL: 'https://as1.awmdm.com',
  UEM_API_USERNAME: 'reader',
  UEM_API_PASSWORD: 'api-password-canary',
  UEM_TENANT_CODE_FILE: file('tenant', 'tenant-canary'),
  REDIS_URL: 'redis://user:p@ss-canary@127.0.0.1:6379/0?password=query-canary',
};

async function report(environment: Record<string, string>, ...args: string[]): Promise<ConfigReport> {
  const { out } = await runHere(['config', 'check', '--json', ...args], environment);
  return configReportSchema.parse(JSON.parse(out));
}

const problems = async (changes: Record<string, string>) => (await report({ ...usable, ...changes })).problems;

const entra = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client' };
const withPem = (text: string) => problems({ ...entra, AZURE_CLIENT_CERTIFICATE_PATH: file('entra.pem', text) });

const pair = (certificate: string, privateKey: string) => problems({ TLS_CERT_FILE: file('tls.pem', certificate), TLS_KEY_FILE: file('tls.key', privateKey) });

describe('relay config check', () => {
  it('shows each variable that is documented, set or by default, and no secret', async () => {
    const { code, out, err } = await runHere(['config', 'check'], usable);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/OKTA_CLIENT_ORGURL +set +https:\/\/acme\.okta\.com\n/);
    expect(out).toMatch(/OKTA_CLIENT_PRIVATEKEY +set \(file\)\n/);
    expect(out).toMatch(/UEM_WEBHOOK_PASSWORD +set\n/);
    expect(out).toMatch(/CONSOLE_TOKEN +unset\n/);
    expect(out).toMatch(/PORT +default +8080\n/);
    expect(out).toMatch(/SWEEP_INTERVAL +default +30m\n/);
    expect(out).toMatch(/REDIS_URL +set +redis:\/\/\*\*\*@127\.0\.0\.1:6379\/0\?\*\*\*\n/);
    expect(out).toContain('The configuration is usable for all-in-one.\nAll processes: complete for receiver, worker, console, all-in-one.\n');
    expect(out).not.toContain('canary');
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    const documented = readFileSync('.env.example', 'utf8').match(/^[A-Z_]+(?==)/gm) ?? [];
    expect((await report(usable)).variables.map(({ name }) => name).toSorted()).toEqual(documented.toSorted());
  });

  it('names all problems at once, what is wrong and an example, and ends with 1', async () => {
    const { code, out, err } = await runHere(['config', 'check'], { MODE: 'enforced', OKTA_CLIENT_ORGURL: 'acme', REDIS_URL: 'redis://:bad/canary@host', TLS_CERT_FILE: '/nowhere' });
    expect(code).toBe(1);
    for (const name of ['MODE', 'OKTA_CLIENT_ORGURL', 'REDIS_URL', 'TLS_KEY_FILE', 'UEM_WEBHOOK_PASSWORD']) expect(err).toMatch(new RegExp(`^ +${name}: `, 'm'));
    expect(err).toContain('Example: OKTA_CLIENT_ORGURL=https://acme.okta.com');
    expect(out).toContain('VARIABLE');
    expect(`${out}${err}`).not.toContain('canary');
  });

  it.each([
    ['a key that is none', 'nothing-canary', 'holds no private key'],
    ['an encrypted key', own.encryptedKey, 'holds an encrypted private key'],
    ['a JWK without its private part', '{"kty":"RSA","n":"canary","e":"AQAB"}', 'holds a public key'],
  ])('says what is wrong with Okta\'s key: %s', async (_case, text, told) => {
    const found = await problems({ OKTA_CLIENT_PRIVATEKEY_FILE: file('bad.pem', text) });
    expect(found).toEqual([expect.stringMatching(new RegExp(`^OKTA_CLIENT_PRIVATEKEY: ${told}.* Example: OKTA_CLIENT_PRIVATEKEY_FILE=`))]);
    expect(found.join()).not.toContain('canary');
  });

  it('takes a JWK as well as a PEM', async () => {
    expect(await problems({ OKTA_CLIENT_PRIVATEKEY_FILE: file('okta.jwk', JSON.stringify(key.export({ format: 'jwk' }))) })).toEqual([]);
  });

  it('looks whether Entra\'s certificate belongs to the key and has not expired', async () => {
    expect(await withPem(own.certificate + own.privateKey)).toEqual([]);
    expect(await withPem(other.certificate + own.privateKey)).toEqual([expect.stringMatching(/^AZURE_CLIENT_CERTIFICATE_PATH: .*certificate of another one/)]);
    expect(await withPem(old.certificate + old.privateKey)).toEqual(['AZURE_CLIENT_CERTIFICATE_PATH: the certificate expired on 2025-12-31: renew it.']);
    expect(await problems({ ...entra, AZURE_CLIENT_SECRET: 'secret', AZURE_CLIENT_CERTIFICATE_PATH: file('entra.pem', old.certificate + old.privateKey) })).toEqual([]);
  });

  it('looks whether the TLS certificate belongs to its key and has not expired', async () => {
    expect(await pair(own.certificate, own.privateKey)).toEqual([]);
    expect(await pair(other.certificate, own.privateKey)).toEqual([expect.stringMatching(/^TLS_CERT_FILE: .*tls\.pem with TLS_KEY_FILE .*tls\.key: .*certificate of another one/)]);
    expect(await pair(old.certificate, old.privateKey)).toEqual(['TLS_CERT_FILE: the certificate expired on 2025-12-31: renew it.']);
    expect(await problems({ TLS_CERT_FILE: '/nowhere', TLS_KEY_FILE: '/nowhere' })).toEqual([expect.stringMatching(/^TLS_CERT_FILE: .*the file \/nowhere cannot be read \(ENOENT\)/)]);
  });

  it('reads the policy file', async () => {
    const path = file('policy.yaml', 'reactions:\n  noncompliant:\n    grace: soon\n');
    expect(await problems({ POLICY_FILE: path })).toEqual([expect.stringMatching(/^POLICY_FILE: .*policy\.yaml:3: .*grace/)]);
    expect(await problems({ POLICY_FILE: '/nowhere' })).toEqual(['POLICY_FILE: the file /nowhere cannot be read.']);
  });

  it.each([
    ['receiver', 'src/receiver/main.ts', 'OKTA_CLIENT_ORGURL'],
    ['worker', 'workers/main.ts', 'UEM_WEBHOOK_PASSWORD'],
    ['console', 'src/console/main.ts', 'OKTA_CLIENT_ORGURL'],
  ])('looks at what one process alone reads, which needs a Redis that is named: %s', async (name, main, foreign) => {
    const parts = /readConfig\(\[(.*)\]\)/.exec(readFileSync(main, 'utf8'))?.[1]?.split(/\W+/) ?? [];
    const read = Object.entries(settingsSchemas).flatMap(([part, { shape }]) => (parts.includes(part) ? Object.keys(shape) : []));
    const { variables, problems: found } = await report({ ...usable, REDIS_URL: '' }, '--for', name);
    expect(variables.map((variable) => variable.name).toSorted()).toEqual(read.toSorted());
    expect(read).not.toContain(foreign);
    expect(found).toEqual([expect.stringContaining('REDIS_URL: is required for a process that is started alone')]);
    expect((await report({ ...usable, REDIS_URL: '' })).usable).toBe(true);
  });

  it('says which processes the configuration is complete for, and what the others lack', async () => {
    const { UEM_WEBHOOK_PASSWORD: _left, ...withoutReceiver } = usable;
    const { code, out } = await runHere(['config', 'check', '--for', 'worker'], withoutReceiver);
    expect(code).toBe(0);
    expect(out).toContain('usable for worker.');
    expect(out.replaceAll(/\s+/g, ' ')).toContain('complete for worker, console; not for receiver (UEM_WEBHOOK_PASSWORD), all-in-one (UEM_WEBHOOK_PASSWORD).');
    const alone = await runHere(['config', 'check'], { ...usable, REDIS_URL: '' });
    expect(alone.out.replaceAll(/\s+/g, ' ')).toContain('complete for all-in-one; not for receiver (REDIS_URL), worker (REDIS_URL), console (REDIS_URL).');
  });

  it('lets nothing through that a terminal would obey', async () => {
    const { out } = await runHere(['config', 'check'], { ...usable, UEM_WEBHOOK_USERNAME: 'x\u001B]0;owned\u0007' });
    expect(out).toContain('x]0;owned');
    expect(out).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it.each([[['config']], [['config', 'check', '--for', 'nobody']], [['config', 'check', 'now']]])('ends with 2 for wrong usage: %p', async (args) => {
    expect((await runHere(args, usable)).code).toBe(2);
  });
});

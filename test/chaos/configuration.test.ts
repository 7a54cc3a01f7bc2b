import { describe, expect, test } from '@jest/globals';
import { startProcess, type Program } from './process.js';

const canary = 'configuration-canary';
const receiver = { REDIS_URL: 'redis://127.0.0.1:1', PORT: '0', UEM_WEBHOOK_USERNAME: 'uem', UEM_WEBHOOK_PASSWORD: `${canary}-password` };
const workers = { REDIS_URL: 'redis://127.0.0.1:1', METRICS_PORT: '0', OKTA_CLIENT_ORGURL: 'https://acme.okta.com', OKTA_CLIENT_TOKEN: `${canary}-token` };
const entra = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client', AZURE_CLIENT_SECRET: `${canary}-secret` };

type Mistake = { what: string; program: Program; environment: Record<string, string>; says: string[] };

const mistakes: Mistake[] = [
  { what: 'a receiver alone without REDIS_URL', program: 'receiver', environment: { ...receiver, REDIS_URL: '' }, says: ['REDIS_URL: is required', 'REDIS_URL=redis://'] },
  { what: 'workers alone without REDIS_URL', program: 'workers', environment: { ...workers, REDIS_URL: '' }, says: ['REDIS_URL: is required', 'REDIS_URL=redis://'] },
  { what: 'a console alone without REDIS_URL', program: 'console', environment: { CONSOLE_PORT: '0' }, says: ['REDIS_URL: is required', 'REDIS_URL=redis://'] },
  { what: 'a Redis address that is none', program: 'receiver', environment: { ...receiver, REDIS_URL: `http://:${canary}@redis` }, says: ['REDIS_URL: must be a redis://', 'REDIS_URL=redis://'] },
  { what: 'no webhook password', program: 'receiver', environment: { ...receiver, UEM_WEBHOOK_PASSWORD: '' }, says: ['UEM_WEBHOOK_PASSWORD: is required', 'openssl rand'] },
  { what: 'no Okta org', program: 'workers', environment: { ...workers, OKTA_CLIENT_ORGURL: '' }, says: ['OKTA_CLIENT_ORGURL:', 'https://acme.okta.com'] },
  { what: 'an Okta org over plain HTTP', program: 'workers', environment: { ...workers, OKTA_CLIENT_ORGURL: `http://${canary}.okta.com` }, says: ['OKTA_CLIENT_ORGURL: must be https://'] },
  { what: 'no Okta credentials', program: 'workers', environment: { ...workers, OKTA_CLIENT_TOKEN: '' }, says: ['OKTA_CLIENT_PRIVATEKEY:', 'OKTA_CLIENT_PRIVATEKEY_FILE='] },
  { what: 'an Entra secret in a file that is absent', program: 'workers', environment: { ...workers, ...entra, AZURE_CLIENT_SECRET_FILE: '/nowhere/secret' }, says: ['AZURE_CLIENT_SECRET', '/nowhere/secret cannot be read'] },
  { what: 'Okta\'s public key', program: 'workers', environment: { ...workers, OKTA_CLIENT_CLIENTID: '0oa1', OKTA_CLIENT_PRIVATEKEY: `{"kty":"RSA","n":"${canary}","e":"AQAB"}` }, says: ['OKTA_CLIENT_PRIVATEKEY: holds a public key: the private key', 'OKTA_CLIENT_PRIVATEKEY_FILE='] },
  { what: 'a certificate for HTTPS that is absent', program: 'relay', environment: { ...workers, ...receiver, TLS_CERT_FILE: '/nowhere/tls.crt', TLS_KEY_FILE: '/nowhere/tls.key' }, says: ['TLS_CERT_FILE:', '/nowhere/tls.crt cannot be read'] },
  { what: 'a number of proxies', program: 'receiver', environment: { ...receiver, TRUST_PROXY: '1' }, says: ['TRUST_PROXY: must be proxies', 'TRUST_PROXY=loopback'] },
  { what: 'several mistakes at once', program: 'relay', environment: { ...workers, PORT: 'http', MODE: 'dry', UEM_WEBHOOK_PASSWORD_PREVIOUS: 'short' }, says: ['PORT:', 'MODE:', 'UEM_WEBHOOK_PASSWORD_PREVIOUS: must have at least 8', 'UEM_WEBHOOK_USERNAME:', 'UEM_WEBHOOK_PASSWORD:'] },
];

describe('a process with a configuration that cannot work exits with 1 and says which variable is wrong, and an example', () => {
  test.concurrent.each(mistakes)('$what', async ({ program, environment, says }) => {
    const refused = startProcess(program, environment);
    expect(await refused.exited).toEqual({ code: 1, signal: null });
    const output = refused.output();
    for (const words of says) expect(output).toContain(words);
    expect(output).not.toMatch(/-canary|\n\s+at /);
  });
});

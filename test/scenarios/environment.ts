import { generateKeyPairSync, randomUUID, type JsonWebKey } from 'node:crypto';
import type { TestRedis } from '../redis.js';
import type { EntraDouble } from '../sandbox/entra/server.js';
import type { OktaDouble } from '../sandbox/okta/server.js';
import type { UemApiDouble } from '../sandbox/uem-api/server.js';

/** What UEM sends as HTTP Basic. */
export const webhookCredentials = { username: 'uem', password: 'uem-password-canary' };

/** A service app with a key of its own, as the org knows it and as the relay is configured. */
export function createServiceApp() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const clientId = `0oa${randomUUID().replaceAll('-', '').slice(0, 17)}`;
  const jwk: JsonWebKey = publicKey.export({ format: 'jwk' });
  return {
    known: { clientId, publicKeys: [{ ...jwk, kid: 'key-1' }] },
    environment: {
      OKTA_CLIENT_CLIENTID: clientId,
      OKTA_CLIENT_KEYID: 'key-1',
      OKTA_CLIENT_PRIVATEKEY: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    },
  };
}

/** The variables that every process of the relay needs beside the service app's. */
export function environmentOf({ okta, entra, redis }: { okta: OktaDouble; entra: EntraDouble; redis: TestRedis }): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    REDIS_URL: redis.url,
    UEM_WEBHOOK_USERNAME: webhookCredentials.username,
    UEM_WEBHOOK_PASSWORD: webhookCredentials.password,
    OKTA_CLIENT_ORGURL: okta.url,
    AZURE_TENANT_ID: entra.tenantId,
    AZURE_CLIENT_ID: entra.clientId,
    AZURE_CLIENT_SECRET: entra.clientSecret,
    AZURE_AUTHORITY_HOST: entra.url,
    GRAPH_BASE_URL: entra.url,
    ALLOW_HTTP_UPSTREAMS: 'loopback',
  };
}

/** The variables of UEM's REST API. */
export function uemEnvironmentOf({ url, tokenUrl, clientId, clientSecret }: UemApiDouble): Record<string, string> {
  return { UEM_API_URL: url, UEM_OAUTH_TOKEN_URL: tokenUrl, UEM_OAUTH_CLIENT_ID: clientId, UEM_OAUTH_CLIENT_SECRET: clientSecret };
}

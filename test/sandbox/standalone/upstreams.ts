import { z } from 'zod';
import type { EntraOptions } from '../entra/server.js';
import type { OktaOptions } from '../okta/server.js';

/** Doubles listen on 127.0.0.1 only; port 0 is any free one. */
const loopbackPort = z
  .string({ error: 'is required' })
  .regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/, { error: 'must be http://127.0.0.1:PORT' })
  .transform((url) => Number(url.slice(url.lastIndexOf(':') + 1)));
const given = z.string({ error: 'is required' }).min(1, { error: 'is required' });

const environmentSchema = z
  .object({
    OKTA_CLIENT_ORGURL: loopbackPort,
    OKTA_CLIENT_TOKEN: given,
    AZURE_TENANT_ID: given,
    AZURE_CLIENT_ID: given,
    AZURE_CLIENT_SECRET: given,
    AZURE_AUTHORITY_HOST: loopbackPort,
    GRAPH_BASE_URL: loopbackPort,
  })
  .refine((settings) => settings.GRAPH_BASE_URL === settings.AZURE_AUTHORITY_HOST, {
    path: ['GRAPH_BASE_URL'],
    error: 'must be the same as AZURE_AUTHORITY_HOST: one double is both',
  });

/** The Okta and the Entra ID that a relay with this environment would talk to. Throws an error that names every variable that is wrong. */
export function upstreamsIn(environment: NodeJS.ProcessEnv): { okta: OktaOptions; entra: EntraOptions } {
  const read = environmentSchema.safeParse(environment);
  if (!read.success) throw new Error(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  const { data } = read;
  return {
    okta: { port: data.OKTA_CLIENT_ORGURL, credentials: { token: data.OKTA_CLIENT_TOKEN } },
    entra: {
      port: data.AZURE_AUTHORITY_HOST,
      tenantId: data.AZURE_TENANT_ID,
      clientId: data.AZURE_CLIENT_ID,
      clientSecret: data.AZURE_CLIENT_SECRET,
    },
  };
}

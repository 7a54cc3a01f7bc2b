import { isIP } from 'node:net';
import { z } from 'zod';
import { keyFlaw, readKeyPair, readPrivateKey } from './key-pair.js';
import { lastUsable, lookAt, revocableSecret, type Flaw, type SecretSource } from './secret.js';

const optional = <T extends z.ZodType>(schema: T) => schema.optional();
const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const positive = (fallback: number) => z.coerce.number().int().min(1).default(fallback);
const url = z.url({ protocol: /^https?$/, error: ({ input }) => (input === undefined ? 'is required' : 'must be an http(s) URL') });
/** What belongs together is checked although another variable of the part is wrong: all problems are told at once. */
const always = { when: () => true };

/** At least so many characters. */
const atLeast = (min: number): Flaw => (value) => (value === '' ? 'is empty' : value.length < min ? `must have at least ${min} characters` : null);

/** A key or certificate that can be read. */
const readable =
  (read: (text: string) => unknown): Flaw =>
  (text) => (text === '' ? 'is empty' : keyFlaw(() => read(text)));

const source = z.custom<SecretSource>((value) => value !== undefined, { error: 'is required' });

/** A credential that the relay presents. The value itself never appears in an error. */
const secret = (flawOf = atLeast(1)) =>
  source.transform((given, context) => {
    const seen = lookAt(given, flawOf);
    if (seen.flaw === null) return lastUsable(given, flawOf, seen.value);
    context.addIssue(seen.flaw);
    return z.NEVER;
  });

/** A credential that others present to the relay: emptying its file revokes it, the `second` one's also before the start. */
const revocable = (min: number, { second = false } = {}) =>
  source.transform((given, context) => {
    const seen = lookAt(given, atLeast(min));
    if (seen.flaw !== null && !(second && seen.empty)) context.addIssue(seen.flaw);
    return revocableSecret(given, atLeast(min));
  });

const msPer = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `30m`, as milliseconds. */
export const duration = z
  .string()
  .regex(/^\d+[smhd]$/, { error: 'must be a duration such as 30m, 4h or 2d' })
  .transform((text) => Number(text.slice(0, -1)) * msPer[z.enum(['s', 'm', 'h', 'd']).parse(text.slice(-1))]);

const rateShareForm = 'must be a number above 0 and at most 1';

const sentinels = z
  .string()
  .regex(/^[^,:\s]+:\d+(, *[^,:\s]+:\d+)*$/, { error: 'must be host:port,host:port' })
  .transform((text) => text.split(/, */).map((entry) => ({ host: entry.split(':')[0] ?? '', port: Number(entry.split(':')[1]) })));

const proxyForm = 'must be proxies, separated by commas: loopback, linklocal, uniquelocal, an IP address, or a network such as 10.0.0.0/8';

/** Express would take `1` for the address 0.0.0.1, and fail late and without a name at what it cannot read. */
const proxies = z.string().refine((text) => text.split(',').every((entry) => isProxy(entry.trim())), { error: proxyForm });

function isProxy(entry: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(entry)) return true;
  const [, address = '', prefix = '1'] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const bits = isIP(address) === 6 ? 128 : 32;
  return isIP(address) !== 0 && Number(prefix) >= 1 && Number(prefix) <= bits;
}

const uemApi = z.object({
  UEM_API_URL: optional(url),
  UEM_OAUTH_TOKEN_URL: optional(url),
  UEM_OAUTH_CLIENT_ID: optional(z.string()),
  UEM_OAUTH_CLIENT_SECRET: optional(secret()),
  UEM_API_USERNAME: optional(z.string()),
  UEM_API_PASSWORD: optional(secret()),
  UEM_TENANT_CODE: optional(secret()),
});
type UemApi = z.infer<typeof uemApi>;

const uemOAuth = ['UEM_OAUTH_TOKEN_URL', 'UEM_OAUTH_CLIENT_ID', 'UEM_OAUTH_CLIENT_SECRET'] as const;
const uemBasic = ['UEM_API_USERNAME', 'UEM_API_PASSWORD', 'UEM_TENANT_CODE'] as const;
const uemClients = `${uemOAuth.join(', ')}; or ${uemBasic.join(', ')}`;
const byOAuth = (settings: UemApi) => uemOAuth.some((name) => settings[name]);
const byPassword = (settings: UemApi) => Boolean(settings.UEM_API_USERNAME ?? settings.UEM_API_PASSWORD);

/** UEM's REST API is off while all of this is unset. A tenant code beside an OAuth client does no harm. */
const uemApiRules: { name: keyof UemApi; error: string; holds: (settings: UemApi) => unknown }[] = [
  { name: 'UEM_API_URL', error: `is required with ${uemClients}`, holds: (settings) => settings.UEM_API_URL ?? Object.values(settings).every((value) => !value) },
  { name: 'UEM_OAUTH_CLIENT_ID', error: `UEM_API_URL needs ${uemClients}`, holds: (settings) => !settings.UEM_API_URL || byOAuth(settings) || byPassword(settings) },
  { name: 'UEM_API_USERNAME', error: `give one of the two: ${uemClients}`, holds: (settings) => !(byOAuth(settings) && byPassword(settings)) },
  ...uemOAuth.map((name) => ({ name, error: `${uemOAuth.join(', ')} go together`, holds: (settings: UemApi) => settings[name] ?? !byOAuth(settings) })),
  ...uemBasic.map((name) => ({ name, error: `${uemBasic.join(', ')} go together`, holds: (settings: UemApi) => settings[name] ?? !byPassword(settings) })),
];

/** What each part of the relay reads from its environment; `.env.example` explains every name. */
export const settingsSchemas = {
  log: z.object({ LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info') }),
  redis: z
    .object({
      REDIS_URL: optional(z.url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' })),
      REDIS_SENTINELS: optional(sentinels),
      REDIS_SENTINEL_NAME: optional(z.string()),
      REDIS_SENTINEL_USERNAME: optional(z.string()),
      REDIS_SENTINEL_PASSWORD: optional(secret()),
      DATA_DIR: z.string().default('./data'),
    })
    .refine((settings) => !settings.REDIS_SENTINELS || settings.REDIS_SENTINEL_NAME, {
      ...always,
      path: ['REDIS_SENTINEL_NAME'],
      error: 'is required with REDIS_SENTINELS',
    }),
  tls: z
    .object({ TLS_CERT_FILE: optional(z.string()), TLS_KEY_FILE: optional(z.string()) })
    .refine((settings) => !settings.TLS_CERT_FILE === !settings.TLS_KEY_FILE, { ...always, path: ['TLS_KEY_FILE'], error: 'TLS_CERT_FILE and TLS_KEY_FILE go together' }),
  /** For a process that serves no other port. */
  health: z.object({ METRICS_PORT: port(9090) }),
  store: z.object({
    MODE: z.enum(['enforce', 'shadow']).default('enforce'),
    HISTORY_DAYS: positive(30),
  }),
  receiver: z.object({
    PORT: port(8080),
    HOST: z.string().default('0.0.0.0'),
    TRUST_PROXY: optional(proxies),
    UEM_WEBHOOK_USERNAME: z.string({ error: 'is required' }).min(1),
    UEM_WEBHOOK_PASSWORD: revocable(8),
    UEM_WEBHOOK_USERNAME_PREVIOUS: optional(z.string()),
    UEM_WEBHOOK_PASSWORD_PREVIOUS: optional(revocable(8, { second: true })),
  }),
  console: z
    .object({ CONSOLE_PORT: port(8081), CONSOLE_HOST: z.string().default('127.0.0.1'), CONSOLE_TOKEN: optional(revocable(16)) })
    .refine((settings) => settings.CONSOLE_TOKEN || ['127.0.0.1', '::1', 'localhost'].includes(settings.CONSOLE_HOST), {
      ...always,
      path: ['CONSOLE_TOKEN'],
      error: 'is required when CONSOLE_HOST is not a loopback address',
    }),
  okta: z
    .object({
      OKTA_CLIENT_ORGURL: url,
      OKTA_CLIENT_CLIENTID: optional(z.string()),
      OKTA_CLIENT_PRIVATEKEY: optional(secret(readable((text) => readPrivateKey(text, 'okta')))),
      OKTA_CLIENT_KEYID: optional(z.string()),
      OKTA_CLIENT_TOKEN: optional(secret()),
      OKTA_RATE_SHARE: z.coerce.number({ error: rateShareForm }).gt(0, { error: rateShareForm }).max(1, { error: rateShareForm }).default(0.9),
    })
    .refine((settings) => settings.OKTA_CLIENT_TOKEN || (settings.OKTA_CLIENT_CLIENTID && settings.OKTA_CLIENT_PRIVATEKEY), {
      ...always,
      path: ['OKTA_CLIENT_PRIVATEKEY'],
      error: 'OKTA_CLIENT_CLIENTID and OKTA_CLIENT_PRIVATEKEY are required (or OKTA_CLIENT_TOKEN)',
    }),
  entra: z
    .object({
      AZURE_TENANT_ID: optional(z.string()),
      AZURE_CLIENT_ID: optional(z.string()),
      AZURE_CLIENT_SECRET: optional(secret()),
      AZURE_CLIENT_CERTIFICATE_PATH: optional(secret(readable((pem) => readKeyPair(pem, 'entra')))),
      AZURE_AUTHORITY_HOST: url.default('https://login.microsoftonline.com'),
      GRAPH_BASE_URL: url.default('https://graph.microsoft.com'),
    })
    .refine((settings) => !settings.AZURE_TENANT_ID === !settings.AZURE_CLIENT_ID, {
      ...always,
      path: ['AZURE_CLIENT_ID'],
      error: 'AZURE_TENANT_ID and AZURE_CLIENT_ID go together',
    })
    .refine((settings) => !settings.AZURE_TENANT_ID || settings.AZURE_CLIENT_SECRET || settings.AZURE_CLIENT_CERTIFICATE_PATH, {
      ...always,
      path: ['AZURE_CLIENT_SECRET'],
      error: 'AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH is required with AZURE_TENANT_ID',
    }),
  uemApi: uemApiRules.reduce((schema, { name, error, holds }) => schema.refine(holds, { ...always, path: [name], error }), uemApi),
  reconciliation: z.object({ SWEEP_INTERVAL: duration.refine((ms) => ms >= msPer.m, { error: 'must be 1m at least' }).prefault('30m') }),
  upstreams: z.object({ ALLOW_HTTP_UPSTREAMS: optional(z.literal('loopback')) }),
  enforcement: z.object({
    POLICY_FILE: optional(z.string()),
    UNSUSPEND: z.enum(['own', 'any']).default('own'),
    MAX_USERS_PER_DEVICE: positive(5),
    WORKER_CONCURRENCY: positive(50),
    SAFEGUARD_MAX_DEVICES: positive(100),
    SAFEGUARD_MAX_PERCENT: z.coerce.number().min(1).max(100).default(20),
    SAFEGUARD_MAX_COMPROMISED: positive(10),
    SAFEGUARD_WINDOW_SECONDS: positive(900),
  }),
  cli: z.object({ RELAY_URL: url.default('http://127.0.0.1:8081'), RELAY_TOKEN: optional(secret()) }),
};

export type SettingsPart = keyof typeof settingsSchemas;
export type Settings = { [Part in SettingsPart]: z.infer<(typeof settingsSchemas)[Part]> };

/** One working value per name that is easily got wrong, for error messages. */
export const examples: Record<string, string> = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  REDIS_SENTINELS: '10.0.0.1:26379,10.0.0.2:26379',
  TRUST_PROXY: 'loopback,10.0.0.0/8',
  UEM_WEBHOOK_USERNAME: 'uem',
  UEM_WEBHOOK_PASSWORD: '(the output of: openssl rand -base64 24)',
  CONSOLE_TOKEN: '(the output of: openssl rand -base64 24)',
  UEM_API_URL: 'https://as123.awmdm.com',
  UEM_OAUTH_TOKEN_URL: 'https://na.uemauth.workspaceone.com/connect/token',
  UEM_OAUTH_CLIENT_SECRET: 'UEM_OAUTH_CLIENT_SECRET_FILE=/run/secrets/uem',
  SWEEP_INTERVAL: '30m',
  OKTA_CLIENT_ORGURL: 'https://acme.okta.com',
  OKTA_CLIENT_PRIVATEKEY: 'OKTA_CLIENT_PRIVATEKEY_FILE=/run/secrets/okta.pem',
  OKTA_RATE_SHARE: '0.9',
  AZURE_TENANT_ID: '11111111-2222-3333-4444-555555555555',
  AZURE_CLIENT_CERTIFICATE_PATH: '/run/secrets/entra.pem',
  AZURE_CLIENT_SECRET: 'AZURE_CLIENT_SECRET_FILE=/run/secrets/entra',
  ALLOW_HTTP_UPSTREAMS: 'loopback',
  MODE: 'enforce',
  UNSUSPEND: 'own',
};

import type { z } from 'zod';
import { secretInFile, secretInText } from './secret.js';
import { examples, settingsSchemas, type Settings, type SettingsPart } from './settings.js';

/** The variables whose value is shown to nobody. */
export const secretNames = [
  'UEM_WEBHOOK_PASSWORD',
  'UEM_WEBHOOK_PASSWORD_PREVIOUS',
  'REDIS_SENTINEL_PASSWORD',
  'UEM_OAUTH_CLIENT_SECRET',
  'UEM_API_PASSWORD',
  'UEM_TENANT_CODE',
  'CONSOLE_TOKEN',
  'OKTA_CLIENT_PRIVATEKEY',
  'OKTA_CLIENT_TOKEN',
  'AZURE_CLIENT_SECRET',
  'RELAY_TOKEN',
];

/** The environment is not usable; the message names every variable, what is wrong with it and an example. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: string[]) {
    super(['The configuration is not usable:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export type Environment = Record<string, string | undefined>;

/** What this process was given; only for showing which variables are set. */
export const processEnvironment = (): Environment => process.env;

/** The parts of the settings that a process needs, read from its environment. Throws `ConfigError`. */
export function readConfig<Part extends SettingsPart>(parts: Part[], environment: Environment = process.env): Pick<Settings, Part> {
  const problems: string[] = [];
  const values = withSecrets(environment);
  const read = parts.map((part) => {
    const result = settingsSchemas[part].safeParse(values);
    if (!result.success) problems.push(...result.error.issues.map(explain));
    return [part, result.data] as const;
  });
  problems.push(...insecureUpstreams(parts, environment));
  if (problems.length > 0) throw new ConfigError([...new Set(problems)]);
  return Object.fromEntries(read) as Pick<Settings, Part>; // oxlint-disable-line typescript/no-unsafe-type-assertion -- keys and values were paired above
}

/** Empty means unset; a secret `X` is given by itself or as a file in `X_FILE`, which is read with the part that asks for it. */
function withSecrets(environment: Environment): Record<string, unknown> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const certificate = 'AZURE_CLIENT_CERTIFICATE_PATH';
  const secrets = [...secretNames.map((name) => [name, given[name], given[`${name}_FILE`]] as const), [certificate, undefined, given[certificate]] as const];
  const sources = secrets.map(([name, text, path]) => [name, path ? secretInFile(name, path) : text && secretInText(name, text)] as const);
  return { ...given, ...Object.fromEntries(sources) };
}

function explain({ path, message }: z.core.$ZodIssue): string {
  const name = String(path[0] ?? '');
  const example = examples[name];
  return `${name}: ${message}.${example ? ` Example: ${example.includes('=') || example.startsWith('(') ? example : `${name}=${example}`}` : ''}`;
}

const upstreamUrls = { uemApi: ['UEM_API_URL', 'UEM_OAUTH_TOKEN_URL'], okta: ['OKTA_CLIENT_ORGURL'], entra: ['AZURE_AUTHORITY_HOST', 'GRAPH_BASE_URL'] };

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Credentials travel over TLS; plain HTTP is for loopback addresses, and only where it is asked for. */
function insecureUpstreams(parts: SettingsPart[], environment: Environment): string[] {
  const names = Object.entries(upstreamUrls).flatMap(([part, urls]) => (parts.some((wanted) => wanted === part) ? urls : []));
  return names.flatMap((name) => {
    // By what the URL means, not by how it begins: HTTP:// is plain too.
    const value = environment[name] ?? '';
    if (!URL.canParse(value)) return [];
    const url = new URL(value);
    if (url.protocol === 'https:') return [];
    if (url.protocol === 'http:' && loopback.test(url.hostname) && environment.ALLOW_HTTP_UPSTREAMS === 'loopback') return [];
    return [`${name}: must be https:// (plain http:// is for loopback addresses with ALLOW_HTTP_UPSTREAMS=loopback).`];
  });
}

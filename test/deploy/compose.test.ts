import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readConfig, secretNames } from '../../src/config.js';
import { settingsSchemas, type SettingsPart } from '../../src/settings.js';
import { compose, envFile, environmentOf, interpolate, root, serviceNamed, sourceOf } from './compose-file.js';

const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);
const relayProcesses = ['receiver', 'worker', 'console'];
const partsOf: Record<string, SettingsPart[]> = {
  receiver: ['log', 'redis', 'store', 'tls', 'receiver'],
  worker: ['log', 'redis', 'store', 'okta', 'entra', 'uemApi', 'enforcement', 'reconciliation', 'upstreams', 'health'],
  console: ['log', 'redis', 'store', 'tls', 'console', 'cli'],
};
const paths = ['AZURE_CLIENT_CERTIFICATE_PATH', 'TLS_CERT_FILE', 'TLS_KEY_FILE'];
const settingNames = new Set<string>(Object.values(settingsSchemas).flatMap((schema) => Object.keys(schema.shape)));
const isSetting = (name: string) => settingNames.has(name) || (name.endsWith('_FILE') && secretNames.includes(name.slice(0, -'_FILE'.length)));
const sandbox = envFile('deploy/sandbox.env');
const portIn = (text: string | undefined) => /127\.0\.0\.1:(\d+)/.exec(text ?? '')?.[1];

describe('docker-compose.yml', () => {
  test('runs Redis, Caddy and our own image, and nothing else', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual(['caddy', 'console', 'receiver', 'redis', 'sandbox', 'worker']);
    const foreign = services.filter(([, { build }]) => build === undefined).map(([, { image = '' }]) => image);
    for (const image of foreign) expect(image).toMatch(/^(redis|caddy):\d+\.\d+-\w+$/);
  });

  test('starts only the relay and its Redis unless a profile asks for more', () => {
    expect(services.flatMap(([name, { profiles = [] }]) => profiles.map((profile) => `${name} ${profile}`))).toEqual(['caddy tls', 'sandbox sandbox']);
  });

  test.each(ours)('%s starts a program that the build makes', (_name, { command = [] }) => {
    expect(command).toHaveLength(2);
    expect(command[0]).toBe('node');
    expect(command[1]).toMatch(/^dist\/.+\.js$/);
    expect(existsSync(join(root, sourceOf(command[1] ?? '')))).toBe(true);
  });

  test.each(ours)('%s is given only variables that exist', (_name, { environment }) => {
    expect(Object.keys(environment).filter((name) => !isSetting(name))).toEqual([]);
  });

  test.each(services)('%s cannot change its own files, gain rights or stay down', (_name, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], restart: 'unless-stopped' });
    expect(service.cap_add ?? []).toEqual(service === serviceNamed('caddy') ? ['NET_BIND_SERVICE'] : []);
  });

  test.each([...relayProcesses, 'redis', 'sandbox'])('the health of %s is checked', (name) => {
    expect(serviceNamed(name).healthcheck?.test[0]).toBe('CMD');
  });

  test('asks each process for its health at the port and path that it serves', () => {
    const addresses = relayProcesses.map((name) => /127\.0\.0\.1:\d+\/\w+/.exec(serviceNamed(name).healthcheck?.test.at(-1) ?? '')?.[0]);
    expect(addresses).toEqual(['127.0.0.1:8080/readyz', '127.0.0.1:9090/readyz', '127.0.0.1:8081/healthz']);
    const ports = relayProcesses.map((name) => serviceNamed(name).environment);
    expect(ports).toMatchObject([{ PORT: '8080' }, { METRICS_PORT: '9090' }, { CONSOLE_PORT: '8081' }]);
  });

  test('gives every process of the relay longer to end than it takes at most', () => {
    for (const name of relayProcesses) expect(Number.parseInt(serviceNamed(name).stop_grace_period ?? '10s', 10)).toBeGreaterThan(25);
  });

  test('publishes receiver and console on this host alone, Caddy to everybody, and Redis and the doubles to nobody', () => {
    expect(Object.fromEntries(services.map(([name, { ports }]) => [name, ports]))).toEqual({
      redis: [],
      receiver: ['127.0.0.1:8080:8080'],
      worker: [],
      console: ['127.0.0.1:8081:8081'],
      caddy: ['80:80', '443:443'],
      sandbox: [],
    });
  });

  test('keeps Redis where only the relay reaches it', () => {
    expect(compose.networks['redis']).toEqual({ internal: true });
    expect(services.filter(([, { networks }]) => networks?.includes('redis')).map(([name]) => name)).toEqual(['redis', ...relayProcesses]);
    expect(serviceNamed('redis').networks).toEqual(['redis']);
  });

  test('has a Redis that keeps what it took and evicts nothing', () => {
    const { command = [], volumes, user } = serviceNamed('redis');
    const flag = (name: string) => command[command.indexOf(name) + 1];
    expect([flag('--appendonly'), flag('--appendfsync'), flag('--maxmemory-policy')]).toEqual(['yes', 'everysec', 'noeviction']);
    expect(volumes).toEqual(['redis:/data']);
    expect(Object.keys(compose.volumes)).toContain('redis');
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    for (const name of relayProcesses) expect(serviceNamed(name).depends_on).toMatchObject({ redis: { condition: 'service_healthy' } });
  });

  test('holds no secret', () => {
    for (const [, { environment }] of ours) {
      const written = secretNames.filter((name) => environment[name] || environment[`${name}_FILE`]);
      expect(written).toEqual([]);
    }
  });

  test.each(relayProcesses)('keeps every secret, key and certificate from the %s that it does not read, whatever .env says, and no other', (name) => {
    const read = new Set<string>(partsOf[name]?.flatMap((part) => Object.keys(settingsSchemas[part].shape)));
    const foreign = [...secretNames.flatMap((secret) => (read.has(secret) ? [] : [secret, `${secret}_FILE`])), ...paths.filter((path) => !read.has(path))];
    const blank = Object.entries(serviceNamed(name).environment).filter(([, value]) => value === '').map(([variable]) => variable);
    expect(blank.filter((variable) => variable !== 'REDIS_SENTINELS').toSorted()).toEqual(foreign.toSorted());
  });

  test('shows receiver and console the files that are theirs, and not those of the worker', () => {
    expect(relayProcesses.map((name) => serviceNamed(name).volumes)).toEqual([['./deploy/secrets/receiver:/run/secrets:ro'], ['./deploy/secrets:/run/secrets:ro'], ['./deploy/secrets/console:/run/secrets:ro']]);
    for (const folder of ['receiver', 'console']) expect(readFileSync(join(root, 'deploy/secrets', folder, '.gitignore'), 'utf8')).toMatch(/^\*\n/);
  });

  test('lets the receiver believe X-Forwarded-For from its own edge network only, or from whom .env names', () => {
    const { environment } = serviceNamed('receiver');
    expect(interpolate(environment['TRUST_PROXY'] ?? '', {})).toBe('172.31.255.0/28');
    expect(interpolate(environment['TRUST_PROXY'] ?? '', { EDGE_SUBNET: '10.9.0.0/28' })).toBe('10.9.0.0/28');
    expect(interpolate(environment['TRUST_PROXY'] ?? '', { TRUST_PROXY: 'loopback' })).toBe('loopback');
    expect(services.filter(([, { networks }]) => networks?.includes('edge')).map(([name]) => name)).toEqual(['receiver', 'caddy']);
  });
});

const client = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8' });
const reason = (client.error?.message ?? client.stderr).split('\n')[0];
if (client.status !== 0) console.warn(`no docker compose here (${reason}): it is not asked what it thinks of docker-compose.yml`);

(client.status === 0 ? describe : describe.skip)('docker compose', () => {
  test('accepts the file with every profile', () => {
    const config = ['compose', '--env-file', 'deploy/sandbox.env', '--profile', 'sandbox', '--profile', 'tls', 'config', '-q'];
    expect(spawnSync('docker', config, { cwd: root, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('the sandbox', () => {
  test('is in the worker\'s network, whose loopback is where the doubles may be reached without TLS', () => {
    expect(serviceNamed('sandbox').network_mode).toBe('service:worker');
    expect(serviceNamed('sandbox').networks).toBeUndefined();
    for (const name of ['OKTA_CLIENT_ORGURL', 'AZURE_AUTHORITY_HOST', 'GRAPH_BASE_URL']) expect(portIn(sandbox[name])).toBeDefined();
  });

  test('takes no port that the worker serves', () => {
    const { METRICS_PORT: taken } = serviceNamed('worker').environment;
    expect([portIn(sandbox['OKTA_CLIENT_ORGURL']), portIn(sandbox['AZURE_AUTHORITY_HOST'])]).not.toContain(taken);
  });

  test.each(relayProcesses)('gives the %s, with the one env file of all, settings that it accepts', (name) => {
    expect(() => readConfig(partsOf[name] ?? [], environmentOf(serviceNamed(name), sandbox))).not.toThrow();
  });

  test('has credentials that are visibly made up, and a project and a Redis of its own', () => {
    for (const name of secretNames.filter((secret) => sandbox[secret])) expect(sandbox[name]).toMatch(/^made-up-/);
    expect(sandbox).toMatchObject({ COMPOSE_PROJECT_NAME: 'posture-relay-sandbox', RELAY_ENV_FILE: 'deploy/sandbox.env' });
    const forCompose = new Set(['COMPOSE_PROJECT_NAME', 'RELAY_ENV_FILE']);
    expect(Object.keys(sandbox).filter((name) => !isSetting(name) && !forCompose.has(name))).toEqual([]);
  });

  test('is not what a relay without it talks to: .env is, and the doubles are told nothing of .env', () => {
    expect(interpolate(serviceNamed('worker').env_file ?? '', {})).toBe('.env');
    expect(serviceNamed('sandbox').env_file).toBe('deploy/sandbox.env');
    expect(Object.values(serviceNamed('worker').environment).join()).not.toMatch(/127\.0\.0\.1:400/);
  });
});

import type { Redis } from 'ioredis';
import { readConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { startReceiver } from '../../src/receiver/start.js';
import { readDevice, type DeviceState } from '../../src/store/device.js';
import { prefixOf } from '../../src/store/keys.js';
import { runsOf, type Run } from '../../src/store/runs.js';
import { startWorkers, type RunningWorkers } from '../../workers/start.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { graphContract, oktaContract } from '../sandbox/contract.js';
import { startEntra, type EntraDouble, type EntraOptions } from '../sandbox/entra/server.js';
import { seedCompany, type Company } from '../sandbox/fixtures/company.js';
import { startOkta, type OktaDouble, type OktaOptions } from '../sandbox/okta/server.js';
import { startUemApi, type UemApiDouble } from '../sandbox/uem-api/server.js';
import { sendWebhook, type RelayAnswer, type UemBody } from '../sandbox/uem.js';
import { createServiceApp, environmentOf, uemEnvironmentOf, webhookCredentials } from './environment.js';
import { watchChanges } from './watch.js';

export type ScenarioOptions = {
  okta?: OktaOptions;
  entra?: EntraOptions;
  /** The relay may use UEM's REST API. */
  uemApi?: true;
  /** Environment variables on top of the ordinary ones. */
  environment?: Record<string, string>;
  /** Without workers events are only taken in; `startWorkers` starts them. */
  workers?: boolean;
  /** How many people work at the company, with four devices each; five by default. */
  headcount?: number;
};

export type Scenario = {
  okta: OktaDouble;
  entra: EntraDouble;
  /** UEM's REST API, which knows the company's devices, each healthy and checked an hour ago. */
  uem: UemApiDouble;
  redis: TestRedis;
  client: Redis;
  company: Company;
  relayUrl: string;
  environment: Record<string, string>;
  logLines: string[];
  /** Resolves once the relay has logged a line with the text. */
  logged: (text: string) => Promise<void>;
  send: (body: UemBody | string) => Promise<RelayAnswer>;
  /** Resolves with what the check finds, once that is not null; evaluated at every change in Redis. */
  eventually: <T>(what: string, check: () => Promise<T | null>) => Promise<T>;
  /** Resolves with the newest run of the device for which the condition holds. */
  untilRun: (key: string, what: string, holds: (run: Run) => boolean) => Promise<Run>;
  /** Resolves with the state of the device once the condition holds; evaluated at every change in Redis. */
  until: (key: string, what: string, holds: (state: DeviceState) => boolean) => Promise<DeviceState>;
  /** The device's newest generation is enforced, held or given up. */
  settled: (key: string) => Promise<DeviceState>;
  state: (key: string) => Promise<DeviceState>;
  runs: (key: string) => Promise<Run[]>;
  startWorkers: () => Promise<RunningWorkers>;
  stop: () => Promise<void>;
};

/** Okta, Entra ID, UEM, Redis and the relay, all real, on loopback. `stop` fails the test if a contract was violated. */
export async function startScenario(options: ScenarioOptions = {}): Promise<Scenario> {
  const serviceApp = createServiceApp();
  const [okta, entra, uem, redis] = await Promise.all([
    startOkta({ contract: oktaContract(), requireDpop: true, credentials: serviceApp.known, ...options.okta }),
    startEntra({ contract: graphContract(), clientSecret: 'entra-secret-canary', ...options.entra }),
    startUemApi({ clientSecret: 'uem-secret-canary' }),
    startTestRedis(),
  ]);
  const environment = { ...environmentOf({ okta, entra, redis }), ...serviceApp.environment, ...(options.uemApi && uemEnvironmentOf(uem)), ...options.environment };
  const settings = readConfig(['receiver', 'store', 'tls', 'okta', 'entra', 'uemApi', 'enforcement', 'reconciliation', 'upstreams'], environment);
  const logLines: string[] = [];
  const listeners = new Set<() => void>();
  const write = (line: string) => {
    logLines.push(line);
    for (const listener of listeners) listener();
  };
  const log = createLog('trace', 'test', { write });
  const client = redis.connect();
  const watcher = await watchChanges(redis);
  const receiver = await startReceiver(settings, { url: redis.url }, log);
  const prefix = prefixOf(settings.store.MODE);
  const running: RunningWorkers[] = [];
  const start = async () => {
    const workers = await startWorkers(settings, { url: redis.url }, log);
    const once = { ...workers, stop: () => (stopped ??= workers.stop()) };
    let stopped: Promise<void> | undefined;
    running.push(once);
    return once;
  };
  if (options.workers !== false) await start();
  const state = async (key: string) => {
    const found = await readDevice(client, prefix, key);
    if (found === null) throw new Error(`nothing is known about ${key}`);
    return found;
  };
  const until: Scenario['until'] = (key, what, holds) =>
    watcher.until(`${key}: ${what}`, async () => {
      const found = await readDevice(client, prefix, key);
      return found !== null && holds(found) ? found : null;
    });
  const company = seedCompany(okta, entra, options.headcount);
  for (const { uem: device } of company.devices) uem.inventory.add(device);
  return {
    okta,
    entra,
    uem,
    redis,
    client,
    company,
    relayUrl: receiver.url,
    environment,
    logLines,
    logged: (text) =>
      new Promise((resolve) => {
        const look = () => logLines.some((line) => line.includes(text)) && resolve();
        listeners.add(look);
        look();
      }),
    send: (body) => sendWebhook(receiver.url, body, webhookCredentials),
    until,
    eventually: watcher.until,
    untilRun: (key, what, holds) =>
      watcher.until(`${key}: ${what}`, async () => (await runsOf(client, prefix, key)).find(holds) ?? null),
    settled: (key) => until(key, 'is settled', ({ generation, enforced, failure }) => enforced === generation || failure !== null),
    state,
    runs: (key) => runsOf(client, prefix, key),
    startWorkers: start,
    stop: async () => {
      await Promise.all(running.map((workers) => workers.stop()));
      await receiver.stop();
      await redis.stop();
      await Promise.all([okta, entra, uem].map((double) => double.close()));
      const violations = [okta, entra, uem].flatMap((double) => double.violations());
      if (violations.length > 0) throw new Error(`Contract violations:\n${violations.join('\n')}`);
    },
  };
}

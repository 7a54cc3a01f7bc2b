import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { upkeepQueue, type UpkeepJob } from '../../src/queue/job.js';
import { readDevice, type DeviceState } from '../../src/store/device.js';
import { runsOf, type Run } from '../../src/store/runs.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { createServiceApp, environmentOf, uemEnvironmentOf, webhookCredentials } from '../scenarios/environment.js';
import { watchChanges } from '../scenarios/watch.js';
import type { RecordedRequest } from '../sandbox/request-log.js';
import { graphContract, oktaContract } from '../sandbox/contract.js';
import { startEntra, type EntraDouble } from '../sandbox/entra/server.js';
import { seedCompany, type Company, type CompanyDevice } from '../sandbox/fixtures/company.js';
import type { DeviceStatus } from '../sandbox/okta/org.js';
import { startOkta, type OktaDouble } from '../sandbox/okta/server.js';
import { startUemApi, type UemApiDouble } from '../sandbox/uem-api/server.js';
import { tell } from '../standstill.js';
import { sendWebhook, type RelayAnswer, type UemBody } from '../sandbox/uem.js';
import { startProcess, type Program, type RelayProcess } from './process.js';

type RelayOptions = {
  headcount?: number;
  /** Variables on top of the ordinary ones. */
  environment?: Record<string, string>;
  /** Okta by API token instead of by the service app's key. */
  oktaToken?: string;
  /** The relay may use UEM's REST API. */
  uemApi?: true;
};

/** A relay in real processes, with everything around it on loopback. */
export type Relay = {
  okta: OktaDouble;
  entra: EntraDouble;
  /** UEM's REST API, which knows the company's devices. */
  uem: UemApiDouble;
  redis: TestRedis;
  client: Redis;
  company: Company;
  environment: Record<string, string>;
  /** Starts a process; the variables go on top of the relay's. */
  start: (program: Program, environment?: Record<string, string>, how?: { ownGroup?: boolean }) => RelayProcess;
  startReceiver: () => Promise<{ receiver: RelayProcess; url: string }>;
  startWorkers: () => Promise<RelayProcess>;
  /** The processes that `startWorkers` has started, the oldest first. */
  workers: RelayProcess[];
  /** A request that Okta has received, or with `status` answered; rejects after 30 s. */
  oktaWasAsked: (operation: string, status?: number) => Promise<RecordedRequest>;
  /** Resolves once the device truly has that status; looked at after every answer of Okta's. */
  oktaShows: (device: CompanyDevice, status: DeviceStatus) => Promise<void>;
  send: (url: string, body: UemBody | string) => Promise<RelayAnswer>;
  /** What is kept about a device, once the condition holds; asked at every change in Redis. */
  until: (device: CompanyDevice, what: string, holds: (state: DeviceState) => boolean) => Promise<DeviceState>;
  enforced: (device: CompanyDevice) => Promise<DeviceState>;
  /** What the check finds, once that is not null; asked at every change in Redis. */
  eventually: <T>(what: string, check: () => Promise<T | null>) => Promise<T>;
  /** No device is waiting to be enforced any longer. */
  allEnforced: () => Promise<void>;
  /** Upkeep looks for devices that were left behind, as it does every 30 s; those that are dirty count as such at once. */
  upkeepFindsLeftBehind: () => Promise<void>;
  runs: (device: CompanyDevice) => Promise<Run[]>;
  /** The newest lines of every process, to explain a failure. */
  lastWords: () => string;
  /** Ends what still runs. */
  stop: () => Promise<void>;
};

const anyPorts = { CONSOLE_PORT: '0', METRICS_PORT: '0' };
/** A storm here is no mass lock-out. */
const noSafeguard = { SAFEGUARD_MAX_DEVICES: '100000', SAFEGUARD_MAX_PERCENT: '100', SAFEGUARD_MAX_COMPROMISED: '100000' };

/** Okta, Entra ID, Redis and a company, without any process of the relay yet. */
async function startRelay({ headcount = 1, oktaToken, uemApi, ...options }: RelayOptions = {}): Promise<Relay> {
  const serviceApp = createServiceApp();
  const credentials = oktaToken === undefined ? serviceApp.known : { token: oktaToken };
  const [okta, entra, uem, redis] = await Promise.all([
    startOkta({ requireDpop: oktaToken === undefined, credentials, contract: oktaContract() }),
    startEntra({ contract: graphContract() }),
    startUemApi(),
    startTestRedis(),
  ]);
  const oktaEnvironment = oktaToken === undefined ? serviceApp.environment : { OKTA_CLIENT_TOKEN: oktaToken };
  const environment = { ...environmentOf({ okta, entra, redis }), ...oktaEnvironment, ...(uemApi && uemEnvironmentOf(uem)), ...anyPorts, ...noSafeguard, ...options.environment };
  const client = redis.connect({ maxRetriesPerRequest: null });
  const changes = await watchChanges(redis);
  const processes: RelayProcess[] = [];
  const workers: RelayProcess[] = [];
  const start: Relay['start'] = (program, more = {}, how = {}) => {
    const started = startProcess(program, { ...environment, ...more }, how);
    processes.push(started);
    return started;
  };
  const until: Relay['until'] = (device, what, holds) =>
    changes.until(`${keyOf(device)}: ${what}`, async () => {
      const state = await readDevice(client, '{relay}', keyOf(device));
      return state !== null && holds(state) ? state : null;
    });
  const company = seedCompany(okta, entra, headcount);
  for (const device of company.devices) uem.inventory.add(device.uem);
  return {
    okta,
    entra,
    uem,
    redis,
    client,
    company,
    environment,
    start,
    startReceiver: async () => {
      const receiver = start('receiver');
      return { receiver, url: await receiver.url() };
    },
    startWorkers: async () => {
      const worker = start('workers');
      await worker.line('workers started');
      workers.push(worker);
      return worker;
    },
    workers,
    oktaWasAsked: async (operation, status) =>
      await within(`Okta ${operation}`, okta.onRequest((request) => request.operation === operation && (status === undefined || request.status === status))),
    oktaShows: async ({ okta: { id } }, wanted) => {
      const isThere = () => okta.device(id).status === wanted;
      if (!isThere()) await within(`${id} is ${wanted}`, okta.onRequest(({ status }) => status !== null && isThere()));
    },
    send: (url, body) => sendWebhook(url, body, webhookCredentials),
    until,
    eventually: changes.until,
    enforced: (device) => until(device, 'is enforced', ({ enforced, generation }) => enforced === generation),
    allEnforced: async () => {
      await changes.until('no device is dirty', async () => ((await client.zcard('{relay}:dirty')) === 0 ? 'none' : null));
    },
    upkeepFindsLeftBehind: async () => await askUpkeep(client),
    runs: (device) => runsOf(client, '{relay}', keyOf(device)),
    lastWords: () => processes.map(({ pid, output }) => `process ${pid}\n${output().split('\n').slice(-15).join('\n')}`).join('\n\n'),
    stop: async () => {
      await Promise.all(processes.map((started) => started.end('SIGKILL')));
      await redis.stop();
      await Promise.all([okta, entra, uem].map((double) => double.close()));
    },
  };
}

/** The key of a device whose identifiers are as the company's. */
export function keyOf({ uem: { platform, udid, serialNumber } }: CompanyDevice): string {
  const kind = platform === 'iphone' || platform === 'android' ? 'udid' : 'serial';
  return `${kind}:${(kind === 'udid' ? udid : serialNumber).toLowerCase().replaceAll('-', '')}`;
}

const longAgoMs = 60_000;

async function askUpkeep(client: Redis): Promise<void> {
  const dirty = await client.zrangebyscore('{relay}:dirty', '-inf', '+inf');
  await Promise.all(dirty.map((key) => client.zadd('{relay}:dirty', 'XX', String(Date.now() - longAgoMs), key)));
  const queue = new Queue<UpkeepJob>(upkeepQueue, { connection: client, prefix: '{relay}' });
  await queue.add('requeue', { v: 1, name: 'requeue' }, { removeOnComplete: true });
  await queue.close();
}

/** Gives a test a relay of its own and ends everything afterwards; another one where the machine stood still while it failed. */
export async function withRelay(options: RelayOptions, story: (relay: Relay) => Promise<void>): Promise<void> {
  await tell(() => withOneRelay(options, story));
}

async function withOneRelay(options: RelayOptions, story: (relay: Relay) => Promise<void>): Promise<void> {
  const relay = await startRelay(options);
  try {
    await story(relay);
    const violations = [relay.okta, relay.entra, relay.uem].flatMap((double) => double.violations());
    if (violations.length > 0) throw new Error(`Contract violations:\n${violations.join('\n')}`);
  } catch (error) {
    console.error(relay.lastWords());
    throw error;
  } finally {
    await relay.stop();
  }
}

/** What is awaited, or a failure that names it after 30 s. */
export async function within<T>(what: string, awaited: Promise<T>): Promise<T> {
  const end = new AbortController();
  const tooLate = delay(30_000, null, { signal: end.signal }).then(
    () => Promise.reject(new Error(`Waited in vain: ${what}`)),
    () => awaited,
  );
  try {
    return await Promise.race([awaited, tooLate]);
  } finally {
    end.abort();
  }
}

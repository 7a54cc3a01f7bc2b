import type { Redis } from 'ioredis';
import { examineRelay, type DoctorOptions } from '../../src/doctor/doctor.js';
import { reportSchema, type Check, type Report } from '../../src/doctor/report.js';
import { redisKeys } from '../../src/store/keys.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { graphContract, oktaContract } from '../sandbox/contract.js';
import { startEntra, type EntraDouble } from '../sandbox/entra/server.js';
import { seedCompany } from '../sandbox/fixtures/company.js';
import { startOkta, type OktaDouble, type OktaOptions } from '../sandbox/okta/server.js';
import { startUemApi, type UemApiDouble } from '../sandbox/uem-api/server.js';
import { createServiceApp, environmentOf, uemEnvironmentOf } from '../scenarios/environment.js';

type Asked = Partial<Pick<DoctorOptions, 'pages' | 'timeoutMs'>>;

/** For what never answers; whatever answers has time enough on a machine that stands still for a while. */
export const impatient: Asked = { timeoutMs: 5_000 };

export type DoctorSubject = {
  okta: OktaDouble;
  entra: EntraDouble;
  uem: UemApiDouble;
  redis: TestRedis;
  client: Redis;
  /** The service app as the org knows it. */
  registered: ReturnType<typeof createServiceApp>['known'];
  environment: Record<string, string>;
  /** The report, with these changes to the environment. */
  examine: (changes?: Record<string, string>, options?: Asked) => Promise<Report>;
  /** The checks that are not ok, by id. */
  trouble: (changes?: Record<string, string>, options?: Asked) => Promise<Record<string, string>>;
  /** A further org that knows the service app. */
  otherOrg: (options: OktaOptions) => Promise<OktaDouble>;
  /** Everything is well again. */
  heal: () => Promise<void>;
  /** Devices that changed, people who were signed out, contracts that were broken and reports that held a secret, in words. */
  harm: () => string[];
  stop: () => Promise<void>;
};

/** A healthy company, whose relay has heard of UEM, and its doctor. */
export async function startDoctorSubject(): Promise<DoctorSubject> {
  const serviceApp = createServiceApp();
  const orgs: OktaDouble[] = [];
  const otherOrg = async (options: OktaOptions) => {
    const org = await startOkta({ credentials: serviceApp.known, requireDpop: true, contract: oktaContract(), ...options });
    orgs.push(org);
    return org;
  };
  const entra = await startEntra({ contract: graphContract(), clientSecret: 'entra-secret-canary' });
  const [okta, redis, uem] = await Promise.all([otherOrg({}), startTestRedis(), startUemApi({ clientSecret: 'uem-secret-canary', password: 'uem-password-canary' })]);
  const company = seedCompany(okta, entra);
  for (const { uem: device } of company.devices) uem.inventory.add(device);
  const client = redis.connect();
  await client.xadd(redisKeys('{relay}').events, '*', 'event', '{}');
  const environment: Record<string, string> = { ...environmentOf({ okta, entra, redis }), ...serviceApp.environment, ...uemEnvironmentOf(uem) };
  const printed: string[] = [];
  const examine: DoctorSubject['examine'] = async (changes = {}, options = {}) => {
    const report = await examineRelay({ environment: { ...environment, ...changes }, pages: 1, now: Date.now, timeoutMs: 30_000, ...options });
    printed.push(JSON.stringify(report));
    return reportSchema.parse(report);
  };
  const doubles = () => [...orgs, entra, uem];
  return {
    okta,
    entra,
    uem,
    redis,
    client,
    registered: serviceApp.known,
    environment,
    examine,
    otherOrg,
    trouble: async (...asked) => Object.fromEntries((await examine(...asked)).checks.filter(({ status }) => status !== 'ok').map(({ id, status }) => [id, status])),
    heal: async () => {
      redis.thaw();
      for (const double of [okta, entra, uem]) {
        double.clearFaults();
        double.rejectCredentials(false);
      }
      await client.config('SET', 'appendonly', 'yes');
      await client.config('SET', 'maxmemory-policy', 'noeviction');
    },
    harm: () => {
      const acting = orgs.flatMap((org) => org.requests.filter(({ method, path }) => method !== 'GET' && path.startsWith('/api/')));
      const tokens = doubles().flatMap(({ requests }) => requests.flatMap(({ headers }) => headers['authorization']?.split(' ')[1] ?? []));
      const secrets = [...tokens, serviceApp.environment.OKTA_CLIENT_PRIVATEKEY.slice(60, 120), 'canary', new URL(redis.url).password];
      return [
        ...company.devices.filter(({ okta: { id } }) => okta.device(id).status !== 'ACTIVE').map(({ okta: { id } }) => `${id} changed`),
        ...company.people.filter((person) => okta.revocations(person.okta.id).length > 0).map(({ login }) => `Okta signed ${login} out`),
        ...company.people.filter((person) => entra.signInSessions(person.entra.id).length > 0).map(({ login }) => `Entra ID signed ${login} out`),
        ...acting.filter(({ path }) => !path.includes('/posture-relay-doctor-asks-for-nobody/')).map(({ method, path }) => `${method} ${path}`),
        ...printed.filter((text) => secrets.some((secret) => text.includes(secret))).map((text) => `a secret in ${text}`),
        ...(acting.length < 10 || tokens.length < 10 ? ['too little was tried to say anything'] : []),
        ...doubles().flatMap((double) => double.violations()),
      ];
    },
    stop: async () => {
      await redis.stop();
      await Promise.all(doubles().map((double) => double.close()));
    },
  };
}

/** One check of a report. */
export function checkOf({ checks }: Report, id: string): Check | undefined {
  return checks.find((check) => check.id === id);
}

/** What `trouble` says of checks that were skipped. */
export function skippedAll(ids: string[]): Record<string, string> {
  return Object.fromEntries(ids.map((id) => [id, 'skipped']));
}

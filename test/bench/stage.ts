import { startTestRedis, type TestRedis } from '../redis.js';
import { startEntra, type EntraDouble } from '../sandbox/entra/server.js';
import { startOkta, type OktaDouble, type RateLimit } from '../sandbox/okta/server.js';
import { startUemApi, type UemApiDouble } from '../sandbox/uem-api/server.js';
import { createServiceApp, environmentOf } from '../scenarios/environment.js';
import { deviceNumber } from './device.js';
import type { Plan } from './plan.js';
import { startSubject, type Program, type Subject } from './subject.js';

/** Everything that one measurement needs: a Redis of its own (AOF, everysec) and doubles of Okta, Entra ID and UEM in this process. */
export type Stage = {
  plan: Plan;
  redis: TestRedis;
  okta: OktaDouble;
  entra: EntraDouble;
  uem: UemApiDouble;
  /** Variables of processes that know UEM's REST API; those of others do not. */
  uemEnvironment: Record<string, string>;
  start: (program: Program, environment?: Record<string, string>) => Promise<Subject>;
  /** Makes Okta, Entra ID and UEM know the next devices by number, from 0 on, each healthy and with one user who is signed in. */
  enrol: (count: number) => void;
  /** Okta's ids of the devices that were enrolled, by number. */
  oktaIds: readonly string[];
};

type StageOptions = {
  plan: Plan;
  /** The Node executable of what is measured. */
  node: string;
  /** Okta's; absent: none. */
  rateLimit?: RateLimit | undefined;
};

/** With it the bench itself may ask Okta. */
export const benchToken = 'bench-api-token';

/** The bench locks more devices out than a human would want to go unnoticed. */
const withoutSafeguard = { SAFEGUARD_MAX_DEVICES: '1000000', SAFEGUARD_MAX_PERCENT: '100', SAFEGUARD_MAX_COMPROMISED: '1000000' };

/** Sets the stage for `measure`, and clears it afterwards. */
export async function onStage<T>({ plan, node, rateLimit = {} }: StageOptions, measure: (stage: Stage) => Promise<T>): Promise<T> {
  const serviceApp = createServiceApp();
  const startOrg = () => startOkta({ requireDpop: true, credentials: { ...serviceApp.known, token: benchToken }, rateLimit });
  const [okta, entra, uem, redis] = await Promise.all([startOrg(), startEntra(), startUemApi(), startTestRedis()]);
  const environment = { ...environmentOf({ okta, entra, redis }), ...serviceApp.environment, ...withoutSafeguard };
  const subjects: Subject[] = [];
  const start: Stage['start'] = async (program, more = {}) => {
    const subject = await startSubject(program, { node, environment: { ...environment, ...more } });
    subjects.push(subject);
    return subject;
  };
  const oktaIds: string[] = [];
  const enrol: Stage['enrol'] = (count) => {
    for (let left = count; left > 0; left -= 1) oktaIds.push(enrolDevice({ okta, entra, uem }, oktaIds.length));
  };
  try {
    return await measure({ plan, redis, okta, entra, uem, uemEnvironment: uemEnvironment(uem), start, enrol, oktaIds });
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
    await redis.stop();
    await Promise.all([okta.close(), entra.close(), uem.close()]);
  }
}

function uemEnvironment({ url, tokenUrl, clientId, clientSecret }: UemApiDouble): Record<string, string> {
  return { UEM_API_URL: url, UEM_OAUTH_TOKEN_URL: tokenUrl, UEM_OAUTH_CLIENT_ID: clientId, UEM_OAUTH_CLIENT_SECRET: clientSecret };
}

function enrolDevice({ okta, entra, uem }: Pick<Stage, 'okta' | 'entra' | 'uem'>, n: number): string {
  const device = deviceNumber(n);
  const { email, udid, serialNumber, userName } = device;
  uem.inventory.add(device);
  const user = okta.addUser({ login: email });
  okta.signIn(user.id);
  entra.addUser({ userPrincipalName: email, mail: email, proxyAddresses: [`SMTP:${email}`] });
  return okta.addDevice({ displayName: `${userName} iphone`, platform: 'IOS', manufacturer: 'APPLE', model: 'iPhone15,4', udid, serialNumber, users: [user.id] }).id;
}

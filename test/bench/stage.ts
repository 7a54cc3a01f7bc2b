import { startTestRedis, type TestRedis } from '../redis.js';
import { startEntra, type EntraDouble } from '../sandbox/entra/server.js';
import { startOkta, type OktaDouble } from '../sandbox/okta/server.js';
import { createServiceApp, environmentOf } from '../scenarios/environment.js';
import { deviceNumber } from './device.js';
import type { Plan } from './plan.js';
import { startSubject, type Program, type Subject } from './subject.js';

/** Everything that one measurement needs: a Redis of its own (AOF, everysec) and doubles of Okta and Entra ID in this process. */
export type Stage = {
  plan: Plan;
  redis: TestRedis;
  okta: OktaDouble;
  entra: EntraDouble;
  start: (program: Program, environment?: Record<string, string>) => Promise<Subject>;
  /** Makes Okta and Entra ID know the devices with these numbers, each with one user who is signed in. Returns Okta's ids by number. */
  enrol: (first: number, count: number) => string[];
};

/** The bench locks more devices out than a human would want to go unnoticed. */
const withoutSafeguard = { SAFEGUARD_MAX_DEVICES: '1000000', SAFEGUARD_MAX_PERCENT: '100' };

/** Sets the stage for `measure`, with subjects on this Node executable, and clears it afterwards. */
export async function onStage<T>({ plan, node }: { plan: Plan; node: string }, measure: (stage: Stage) => Promise<T>): Promise<T> {
  const serviceApp = createServiceApp();
  const [okta, entra, redis] = await Promise.all([startOkta({ requireDpop: true, credentials: serviceApp.known }), startEntra(), startTestRedis()]);
  const environment = { ...environmentOf({ okta, entra, redis }), ...serviceApp.environment, ...withoutSafeguard };
  const subjects: Subject[] = [];
  const start: Stage['start'] = async (program, more = {}) => {
    const subject = await startSubject(program, { node, environment: { ...environment, ...more } });
    subjects.push(subject);
    return subject;
  };
  const enrol: Stage['enrol'] = (first, count) => Array.from({ length: count }, (_, index) => enrolDevice({ okta, entra }, first + index));
  try {
    return await measure({ plan, redis, okta, entra, start, enrol });
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
    await redis.stop();
    await Promise.all([okta.close(), entra.close()]);
  }
}

function enrolDevice({ okta, entra }: Pick<Stage, 'okta' | 'entra'>, n: number): string {
  const { email, udid, serialNumber, userName } = deviceNumber(n);
  const user = okta.addUser({ login: email });
  okta.signIn(user.id);
  entra.addUser({ userPrincipalName: email, mail: email, proxyAddresses: [`SMTP:${email}`] });
  return okta.addDevice({ displayName: `${userName} iphone`, platform: 'IOS', manufacturer: 'APPLE', model: 'iPhone15,4', udid, serialNumber, users: [user.id] }).id;
}

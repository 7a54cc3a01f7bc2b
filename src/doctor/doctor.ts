import { join } from 'node:path';
import { ConfigError, readConfig, type Environment } from '../config.js';
import { readPolicyFile } from '../policy-file.js';
import { configuredRedis } from '../redis-target.js';
import type { RedisTarget } from '../store/connection.js';
import { prefixOf } from '../store/keys.js';
import { readSettings } from '../store/redis-settings.js';
import { entraOptions, oktaOptions, rateShare, uemOptions } from '../upstream-options.js';
import { judgeClocks, type Clock } from './clocks.js';
import { describeCompleteness, problemsFor, processes } from './completeness.js';
import { entraCheckIds, examineEntra } from './entra-checks.js';
import { examineOkta, oktaCheckIds } from './okta-checks.js';
import { readableSettings } from './readable-settings.js';
import { examineRedis, redisCheckIds } from './redis-checks.js';
import { check, reportOf, skipped, type Check, type Finding, type Report } from './report.js';
import { examineUem, uemCheckIds } from './uem-checks.js';

/** `pages`: how many pages of Okta's devices are looked at. `timeoutMs`: the deadline of one request, 5 s unless told otherwise. */
export type DoctorOptions = { environment: Environment; pages: number; now: () => number; timeoutMs?: number };

type Examination = { checks: Check[]; clocks: Clock[] };

/** A check may take several requests: a token with its metadata and its nonce, and one for each scope. */
const requestsPerCheck = 4;

/** Carries every check out with the environment's settings, and acts on no device and no user. */
export async function examineRelay({ environment, pages, now, timeoutMs = 5_000 }: DoctorOptions): Promise<Report> {
  const subject = { environment, pages, now, timeoutMs, deadlineMs: timeoutMs * requestsPerCheck };
  const [configuration, ...examinations] = await Promise.all([
    check('configuration', timeoutMs, async () => examineConfiguration(environment)),
    redis(subject),
    uem(subject),
    okta(subject),
    entra(subject),
  ]);
  const clocks = await check('clocks', timeoutMs, async () => judgeClocks(examinations.flatMap((examination) => examination.clocks)));
  return reportOf([configuration, ...examinations.flatMap(({ checks }) => checks), clocks]);
}

type Subject = Required<DoctorOptions> & { deadlineMs: number };

/** Whether the workers can start, by themselves or in the all-in-one process; the keys are tried by the other checks. */
function examineConfiguration(environment: Environment): Finding {
  try {
    const { enforcement, store } = readConfig([...processes.worker], environment);
    readPolicyFile(enforcement.POLICY_FILE);
    const startable = (['worker', 'all-in-one'] as const).some((name) => problemsFor(name, environment).length === 0);
    const measured = `MODE=${store.MODE}; ${describeCompleteness(environment)}`;
    return startable ? { status: 'ok', measured } : { status: 'fail', measured, advice: adviceOnConfiguration };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { status: 'fail', measured: error.problems.join(' '), advice: adviceOnConfiguration };
  }
}

const adviceOnConfiguration = 'Correct the environment or .env; relay config check shows every variable.';

async function redis({ environment, timeoutMs, now }: Subject): Promise<Examination> {
  const settings = readableSettings(['redis', 'store'], environment);
  if (settings === null) return { checks: skipped(redisCheckIds, unreadable), clocks: [] };
  const configured = configuredRedis(settings.redis);
  const target = configured ?? (await privateRedis(settings.redis.DATA_DIR));
  const whenSilent = configured === null ? adviceOnPrivateRedis : adviceOnRedis;
  if (target !== null) return await examineRedis({ target, prefix: prefixOf(settings.store.MODE), deadlineMs: timeoutMs, now, whenSilent });
  const answers = await check('redis_answers', timeoutMs, async () => ({
    status: 'fail',
    measured: `REDIS_URL is not set, and no private Redis has run on ${settings.redis.DATA_DIR}`,
    advice: 'Set REDIS_URL, or start the relay (npm start) and run the doctor in the same folder.',
  }));
  return { checks: [answers, ...skipped(redisCheckIds.slice(1), 'no Redis')], clocks: [] };
}

const adviceOnRedis = 'Check REDIS_URL (or REDIS_SENTINELS), its password, and that Redis runs: without it the receiver refuses every event.';
const adviceOnPrivateRedis = 'Start the relay (npm start), whose private Redis ends with it; or set REDIS_URL.';

/** The one that `npm start` runs where none is configured. */
async function privateRedis(dataDir: string): Promise<RedisTarget | null> {
  const settings = await readSettings(join(dataDir, 'redis'));
  return settings && { url: `redis://:${settings.password}@127.0.0.1:${settings.port}` };
}

async function uem({ environment, timeoutMs, deadlineMs, now }: Subject): Promise<Examination> {
  const settings = readableSettings(['uemApi', 'upstreams'], environment);
  if (settings === null) return { checks: skipped(uemCheckIds, unreadable), clocks: [] };
  const options = uemOptions(settings, timeoutMs);
  if (options === null) return { checks: skipped(uemCheckIds, 'UEM_API_URL is not set: no sweeps, no confirmation'), clocks: [] };
  return await examineUem({ options, deadlineMs, now });
}

async function okta({ environment, pages, timeoutMs, deadlineMs, now }: Subject): Promise<Examination> {
  const settings = readableSettings(['okta', 'upstreams'], environment);
  if (settings === null) return { checks: skipped(oktaCheckIds, unreadable), clocks: [] };
  const share = rateShare(settings.okta, readableSettings(['store'], environment)?.store.MODE ?? 'enforce');
  return await examineOkta({ options: oktaOptions(settings.okta, timeoutMs), share, pages, deadlineMs, now });
}

async function entra({ environment, timeoutMs, deadlineMs, now }: Subject): Promise<Examination> {
  const settings = readableSettings(['entra', 'upstreams'], environment);
  if (settings === null) return { checks: skipped(entraCheckIds, unreadable), clocks: [] };
  const options = entraOptions(settings, timeoutMs);
  if (options === null) return { checks: skipped(entraCheckIds, 'AZURE_TENANT_ID is not set: Entra actions are off'), clocks: [] };
  return await examineEntra({ options, deadlineMs, now });
}

const unreadable = 'its configuration is not usable';

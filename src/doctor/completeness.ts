import { ConfigError, readConfig, type Environment } from '../config.js';
import { redisTarget } from '../redis-target.js';
import type { SettingsPart } from '../settings.js';

/** What each process of the relay reads. */
export const processes = {
  receiver: ['log', 'redis', 'store', 'tls', 'receiver'],
  worker: ['log', 'redis', 'store', 'okta', 'entra', 'uemApi', 'enforcement', 'reconciliation', 'upstreams', 'health'],
  console: ['log', 'redis', 'store', 'tls', 'console'],
  'all-in-one': ['log', 'redis', 'store', 'tls', 'receiver', 'console', 'okta', 'entra', 'uemApi', 'enforcement', 'reconciliation', 'upstreams', 'health', 'cli'],
} as const satisfies Record<string, SettingsPart[]>;

export type RelayProcess = keyof typeof processes;

/** What keeps a process from starting with this environment; empty where it is complete. */
export function problemsFor(relayProcess: RelayProcess, environment: Environment): readonly string[] {
  try {
    const { redis } = readConfig(['redis', ...processes[relayProcess]], environment);
    // Only the all-in-one process starts a Redis of its own where none is named.
    if (relayProcess !== 'all-in-one') redisTarget(redis);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** For which processes an environment is complete, and which variables the others lack: `complete for worker; not for receiver (PORT)`. */
export function describeCompleteness(environment: Environment): string {
  const found = Object.keys(processes).filter(isProcess).map((name) => ({ name, problems: problemsFor(name, environment) }));
  const complete = found.filter(({ problems }) => problems.length === 0).map(({ name }) => name);
  const others = found.filter(({ problems }) => problems.length > 0).map(({ name, problems }) => `${name} (${variablesIn(problems)})`);
  return [`complete for ${complete.join(', ') || 'no process'}`, ...(others.length > 0 ? [`not for ${others.join(', ')}`] : [])].join('; ');
}

function isProcess(name: string): name is RelayProcess {
  return name in processes;
}

/** Each problem begins with the variable that it is about. */
function variablesIn(problems: readonly string[]): string {
  return [...new Set(problems.map((problem) => problem.slice(0, problem.indexOf(':'))))].join(', ');
}

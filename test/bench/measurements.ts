import type { RateLimit } from '../sandbox/okta/server.js';
import type { Figure } from './figure.js';
import { measureLockOuts, measureReceiver, measureRelay } from './footprint.js';
import { measureLatency, measurePlainLatency, measureWarmLatency } from './latency.js';
import type { Plan } from './plan.js';
import { measureSharing, sharedLimit } from './sharing.js';
import type { Stage } from './stage.js';
import { commonLimit, devicesLimit, measureColdStorm, measureCommonLimitStorm, measureWarmStorm } from './storms.js';
import { measureSweep } from './sweep.js';
import { measureThroughput } from './throughput.js';

type Measurement = {
  measure: (stage: Stage) => Promise<Figure[]>;
  /** Okta's limits meanwhile; absent: none. */
  rateLimit?: (plan: Plan) => RateLimit;
  /** It takes minutes, and does not depend on Node: one version is enough. */
  oneNode?: true;
};

/** What `--only` may name. */
export const measurements: Record<string, Measurement> = {
  throughput: { measure: measureThroughput },
  latency: { measure: measureLatency },
  'warm-latency': { measure: measureWarmLatency },
  'plain-latency': { measure: measurePlainLatency },
  receiver: { measure: measureReceiver },
  relay: { measure: measureRelay },
  'lock-outs': { measure: measureLockOuts },
  storm: { measure: measureWarmStorm, rateLimit: devicesLimit, oneNode: true },
  'cold-storm': { measure: measureColdStorm, rateLimit: devicesLimit, oneNode: true },
  'common-limit': { measure: measureCommonLimitStorm, rateLimit: commonLimit, oneNode: true },
  sharing: { measure: measureSharing, rateLimit: sharedLimit, oneNode: true },
  sweep: { measure: measureSweep, oneNode: true },
};

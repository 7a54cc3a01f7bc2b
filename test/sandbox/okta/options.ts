import type { Contract } from '../contract.js';
import type { WrongState } from './lifecycle.js';
import type { RateLimit } from './rate-limit.js';
import type { OktaCredentials } from './token-endpoint.js';

export type OktaOptions = {
  port?: number;
  /** Absent: the API token `sandbox-api-token` and no service app. */
  credentials?: OktaCredentials;
  /** Lifecycle operations on a device in the wrong state; default `idempotent`. */
  wrongState?: WrongState;
  /** Default false; proofs that are sent without demand are verified all the same. */
  requireDpop?: boolean;
  /** Proof algorithms that the metadata lists and that are accepted; default RS256 and ES256. */
  dpopAlgorithms?: string[];
  /** Requests per bucket and window; absent: limits that are never met. */
  rateLimit?: RateLimit;
  /** After a lifecycle 204, this many reads by id, and the searches among them, still show the old status. */
  staleReads?: number;
  tokenLifetimeSeconds?: number;
  contract?: Contract | undefined;
};

/** Every key of ours carries one hash tag, so that all of them live in one slot of a cluster. Shadow mode has a prefix of its own. */
export type Prefix = '{relay}' | '{relay-shadow}';

/** The names of everything that we keep in Redis. */
export function redisKeys(prefix: Prefix) {
  return {
    device: (key: string) => `${prefix}:device:${key}`,
    ledger: (key: string) => `${prefix}:ledger:${key}`,
    deviceEvents: (key: string) => `${prefix}:device-events:${key}`,
    deviceRuns: (key: string) => `${prefix}:device-runs:${key}`,
    /** DeviceId in UEM -> device key: delete and unenrol events arrive with nulls. */
    enrolments: `${prefix}:enrolments`,
    events: `${prefix}:events`,
    runs: `${prefix}:runs`,
    /** Device keys whose newest generation is not enforced, with the millisecond since when. */
    dirty: `${prefix}:dirty`,
    held: `${prefix}:held`,
    /** Device keys that we gave up on, with the millisecond of the next try. */
    failed: `${prefix}:failed`,
    /** Device keys with a record suspended by us, with the millisecond since when. */
    locked: `${prefix}:locked`,
    block: (scope: string) => `${prefix}:block:${scope}`,
    probe: (scope: string) => `${prefix}:probe:${scope}`,
    refused: (scope: string) => `${prefix}:refused:${scope}`,
    blocks: `${prefix}:blocks`,
  };
}

/** Shadow mode never touches what enforcing keeps. */
export function prefixOf(mode: 'enforce' | 'shadow'): Prefix {
  return mode === 'shadow' ? '{relay-shadow}' : '{relay}';
}

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
    /** Another identifier of a device -> its key. */
    aliases: `${prefix}:aliases`,
    /** How many devices are known whose enrolment has not ended. */
    deviceCount: `${prefix}:device-count`,
    events: `${prefix}:events`,
    runs: `${prefix}:runs`,
    /** Device keys whose newest generation is not enforced, with the millisecond since when. */
    dirty: `${prefix}:dirty`,
    held: `${prefix}:held`,
    /** Device keys that we gave up on, with the millisecond of the next try. */
    failed: `${prefix}:failed`,
    /** Device keys that are dealt with and yet not locked (no record, or let in by somebody else), with the millisecond since when. */
    exposed: `${prefix}:exposed`,
    /** Device keys with a record suspended by us, with the millisecond since when. */
    locked: `${prefix}:locked`,
    probe: (scope: string) => `${prefix}:probe:${scope}`,
    refused: (scope: string) => `${prefix}:refused:${scope}`,
    blocks: `${prefix}:blocks`,
    /** Devices that were newly contained in the safeguard's window, with the millisecond. */
    safeguardCount: (kind: string) => `${prefix}:safeguard:${kind}`,
    safeguardTripped: (kind: string) => `${prefix}:safeguard-tripped:${kind}`,
    /** The policy in force for all workers, as JSON. */
    policy: `${prefix}:policy`,
    /** What is remembered of the change from one policy to another, part by part (src/store/policy.ts). */
    policies: (part: 'earlier' | 'holders' | 'replaced' | 'turn') => `${prefix}:policies:${part}`,
    paused: `${prefix}:paused`,
    audit: `${prefix}:audit`,
    comparisons: `${prefix}:comparisons`,
    /** What is known of the directory's devices: device key -> entry. */
    fleet: `${prefix}:fleet`,
    /** What may be spent of one of an upstream's rate limits. */
    budget: (bucket: string) => `${prefix}:budget:${bucket}`,
    /** What the sweep that is running remembers, part by part. */
    sweep: (part: string) => `${prefix}:sweep:${part}`,
    /** The newest reports of sweeps and adoptions, newest first, as JSON. */
    reports: `${prefix}:reports`,
    /** The report of the newest sweep that saw both inventories completely. */
    lastSweep: `${prefix}:last-sweep`,
  };
}

/** Shadow mode never touches what enforcing keeps. */
export function prefixOf(mode: 'enforce' | 'shadow'): Prefix {
  return mode === 'shadow' ? '{relay-shadow}' : '{relay}';
}

/** The mode whose keys these are. */
export function modeOf(prefix: Prefix): 'enforce' | 'shadow' {
  return prefix === '{relay}' ? 'enforce' : 'shadow';
}

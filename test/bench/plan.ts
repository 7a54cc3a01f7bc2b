/** How much is measured: everything is bounded in count here, and in time where it waits. */
export type Plan = {
  /** Connections that send webhooks at once. */
  connections: number;
  /** Throughput: the subjects take turns, once per round, with this many webhooks each. */
  rounds: number;
  webhooksPerRound: number;
  /** Latency: devices that are locked out one after the other. */
  samples: number;
  warmUpSamples: number;
  /** Footprint: webhooks until memory is read again. */
  webhooks: number;
  /** Footprint: devices from which the bytes in Redis are derived. */
  devices: number;
  /** Footprint: devices that are really locked out and let in again. */
  lockOuts: number;
  /** Mass events against a limit at Okta of so many requests per window. */
  storm: { devices: number; compromised: number; coldDevices: number; limit: number; windowMs: number };
  /** Several worker processes on one limit: devices per number of processes. */
  sharing: { devices: number; limit: number; windowMs: number };
  /** Sweeps: devices in either inventory, first few, then many; of the many so many have fallen out of compliance without an event. */
  sweep: { few: number; many: number; missed: number };
  /** No single wait lasts longer. */
  patienceMs: number;
};

/** What `npm run bench` measures. */
export const fullPlan: Plan = {
  connections: 50,
  rounds: 7,
  webhooksPerRound: 6_000,
  samples: 100,
  warmUpSamples: 10,
  webhooks: 100_000,
  devices: 10_000,
  lockOuts: 400,
  storm: { devices: 2_000, compromised: 50, coldDevices: 1_000, limit: 600, windowMs: 60_000 },
  sharing: { devices: 750, limit: 300, windowMs: 30_000 },
  sweep: { few: 10_000, many: 100_000, missed: 50 },
  patienceMs: 600_000,
};

/** What `npm run bench -- --quick` measures: proves that the bench works; its figures mean nothing. */
export const quickPlan: Plan = {
  connections: 10,
  rounds: 1,
  webhooksPerRound: 300,
  samples: 3,
  warmUpSamples: 1,
  webhooks: 1_000,
  devices: 200,
  lockOuts: 10,
  storm: { devices: 20, compromised: 4, coldDevices: 20, limit: 60, windowMs: 6_000 },
  sharing: { devices: 50, limit: 20, windowMs: 2_000 },
  sweep: { few: 300, many: 1_100, missed: 5 },
  patienceMs: 60_000,
};

/** A machine stands still when for so long not even a timer has run, milliseconds. */
const standstillMs = 1_000;
const tickMs = 50;
const mostTimes = 3;

export type Standstills = {
  /** For how many milliseconds the machine has stood still since it is watched. */
  lostMs: () => number;
  stop: () => void;
};

/** Watches for moments in which this process did not run, as of a virtual machine that is halted: deadlines that pass in them say nothing about us. */
export function watchStandstills(): Standstills {
  let seenAt = performance.now();
  let lost = 0;
  const look = () => {
    const gap = performance.now() - seenAt;
    if (gap > standstillMs) lost += gap;
    seenAt += gap;
  };
  const timer = setInterval(look, tickMs).unref();
  const lostMs = () => {
    look();
    return lost;
  };
  return { lostMs, stop: () => clearInterval(timer) };
}

/** Starts a watch that stands still with the machine; it is stopped by asking how many milliseconds have passed. */
export function startStopwatch(): () => number {
  const begun = performance.now();
  const standstills = watchStandstills();
  return () => {
    standstills.stop();
    return performance.now() - begun - standstills.lostMs();
  };
}

/** Tells a story, and from the beginning where it failed and the machine had stood still meanwhile. */
export async function tell(story: () => Promise<void>): Promise<void> {
  for (let times = 1; ; times += 1) {
    const standstills = watchStandstills();
    try {
      return await story();
    } catch (error) {
      if (times === mostTimes || standstills.lostMs() === 0) throw error;
    } finally {
      standstills.stop();
    }
  }
}

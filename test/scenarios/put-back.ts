import { Job } from 'bullmq';
import type { EnforcementJob } from '../../src/queue/job.js';

/** Has something happen once, just when a device that is to wait is put back into the queue; resolves when it has happened. */
export async function justBeforePutBack(key: string, happens: () => Promise<unknown>): Promise<void> {
  const putBack = Job.prototype.moveToDelayed; // oxlint-disable-line typescript/unbound-method -- applied to the job below
  await new Promise<void>((resolve, reject) => {
    Job.prototype.moveToDelayed = async function moveToDelayed(this: Job<EnforcementJob>, ...terms) {
      if (this.data.key === key) {
        Job.prototype.moveToDelayed = putBack;
        await happens().then(() => resolve(), reject);
      }
      await putBack.apply(this, terms);
    };
  });
}

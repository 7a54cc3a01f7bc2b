import { listOkta } from './list-okta.js';
import { listUem } from './list-uem.js';
import { repair } from './repair.js';
import type { Sweep } from './sweep.js';

/**
 * Compares both inventories and repairs the differences, from where an earlier worker stopped. Nothing is repaired before both inventories
 * were seen completely, and nothing at all in a dry run. Throws `SweepEnded`.
 */
export async function runSweep(sweep: Sweep): Promise<void> {
  const { memory, progress } = sweep;
  if (progress.phase === 'okta') {
    await listOkta(sweep);
    progress.phase = 'uem';
    await memory.save(progress);
  }
  if (progress.phase === 'uem') {
    await listUem(sweep);
    progress.phase = 'repair';
    progress.repair.of = await countRepairable(sweep);
    await memory.save(progress);
  }
  if (!progress.dryRun) await repair(sweep);
}

async function countRepairable({ memory }: Sweep): Promise<number> {
  let count = 0;
  for await (const batch of memory.differences()) count += batch.filter(([, difference]) => difference.repair).length;
  return count;
}

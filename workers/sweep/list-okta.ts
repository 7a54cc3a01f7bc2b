import { keyOfRecord } from '../../src/compliance/device.js';
import type { DeviceRecord } from '../../src/compliance/record.js';
import { UpstreamFailure } from '../../src/failure.js';
import { ask } from './ask.js';
import { refuseShrunk } from './shrunk.js';
import { SweepEnded, type Reconciling, type Sweep } from './sweep.js';

const operation = 'listDevices';
/** Okta's code for a cursor that it does not know (any longer). */
export const badCursor = 'E0000031';

/** Lists Okta's devices page by page into the fleet index, counting which can be found by UEM's identifiers; then what was not seen is forgotten. */
export async function listOkta(sweep: Sweep): Promise<void> {
  const { progress, memory, index } = sweep;
  do {
    const { records, next } = await nextPage(sweep);
    const { okta } = progress;
    await index.learnListed(records, okta.listing);
    await noteCoverage(sweep, records);
    await goOnTo(sweep, next);
    okta.records += records.length;
    await memory.save(progress);
  } while (progress.okta.after !== null);
  await refuseShrunk(sweep, 'okta', progress.okta.records);
  await index.forgetUnseen(progress.okta.listing);
}

/** The page to be asked for next. Throws `SweepEnded` where another one has led there before: such a listing would never end. */
export async function goOnTo({ memory, progress: { okta } }: Reconciling, next: string | undefined): Promise<void> {
  const leadsOn = next === undefined || (await memory.noteCursor(next, okta.after));
  if (!leadsOn) throw new SweepEnded('unreadable_inventory', `okta ${operation}: a page leads back to an earlier one`);
  okta.after = next ?? null;
}

/** Once, a cursor that has expired only means that the listing begins anew. */
async function nextPage(sweep: Sweep): Promise<{ records: DeviceRecord[]; next: string | undefined }> {
  const { okta, memory, progress } = sweep;
  const after = progress.okta.after ?? undefined;
  try {
    return await ask(sweep, { upstream: 'okta', operation, target: 'devices' }, () => okta.listDevicesPage(after));
  } catch (problem) {
    if (!(problem instanceof UpstreamFailure)) throw problem;
    if (problem.details.code !== badCursor || after === undefined) throw new SweepEnded('upstream_refused', problem.message);
    if (progress.okta.restarts > 0) throw new SweepEnded('expired_cursor', problem.message);
    progress.okta = { listing: { id: `${progress.id} again`, seenAt: sweep.now() }, after: null, records: 0, restarts: 1 };
    await memory.forgetRecords();
    await memory.save(progress);
    return await nextPage(sweep);
  }
}

/** Deactivated records are out of use: whether they can be found does not matter. */
async function noteCoverage({ memory }: Sweep, records: DeviceRecord[]): Promise<void> {
  const live = records.filter(({ status }) => status !== 'deactivated');
  for (const platform of new Set(live.map(platformOf))) {
    const ofPlatform = live.filter((record) => platformOf(record) === platform);
    const ids = (found: boolean) => ofPlatform.filter((record) => (keyOfRecord(record) !== null) === found).map(({ id }) => id);
    await memory.noteRecords(platform, { identified: ids(true), bare: ids(false) });
  }
}

function platformOf({ platform }: DeviceRecord): string {
  return platform ?? 'unknown';
}

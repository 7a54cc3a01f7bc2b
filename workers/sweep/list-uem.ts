import { deviceKeys, hasUsableIdentifier } from '../../src/compliance/device.js';
import { UpstreamFailure } from '../../src/failure.js';
import { redisKeys } from '../../src/store/keys.js';
import type { InventoryPage, UemRecord } from '../../src/uem/record.js';
import { ask } from './ask.js';
import { noteDrift } from './drift-notes.js';
import { refuseShrunk } from './shrunk.js';
import { SweepEnded, type Sweep } from './sweep.js';

/** A device that changes its page while pages are read, as all do behind one that is deleted, is missed once; hardly ever twice. */
const mostPasses = 2;
const atOnce = 500;

/**
 * Lists UEM's devices page by page and notes how each differs from what Okta holds and what we remember. Throws `SweepEnded` where the pages
 * are not as many devices as UEM says it has.
 */
export async function listUem(sweep: Sweep): Promise<void> {
  const { memory, progress } = sweep;
  const { uem } = progress;
  for (;;) {
    const page = await nextPage(sweep);
    await takeIn(sweep, page);
    uem.page += 1;
    const again = uem.shrank && uem.pass < mostPasses;
    if (page.last && isComplete(sweep) && !again) break;
    if (page.last && uem.pass >= mostPasses) throw new SweepEnded('partial_inventory', `UEM says that it has ${uem.total} devices, and lists ${uem.devices}.`);
    if (page.last) Object.assign(uem, { page: 0, pass: uem.pass + 1, short: false, shrank: false });
    await memory.save(progress);
  }
  await refuseShrunk(sweep, 'uem', uem.devices);
  // What was not listed then may have been missed.
  if (!uem.shrank) await noteGone(sweep);
}

async function nextPage(sweep: Sweep): Promise<InventoryPage> {
  const { page } = sweep.progress.uem;
  try {
    return await ask(sweep, { upstream: 'uem', operation: 'searchDevices', target: `page ${page}` }, () => sweep.uem.searchDevices(page));
  } catch (problem) {
    if (problem instanceof UpstreamFailure) throw new SweepEnded('upstream_refused', problem.message);
    throw problem;
  }
}

async function takeIn(sweep: Sweep, { devices, total, pageSize }: InventoryPage): Promise<void> {
  const { memory, progress: { uem } } = sweep;
  if (devices.length > 0 && uem.short) throw new SweepEnded('partial_inventory', `UEM's page ${uem.page - 1} is not full, and is not the last.`);
  uem.short = devices.length < pageSize;
  uem.shrank ||= uem.page > 0 && total !== null && uem.total !== null && total < uem.total;
  const usable = devices.filter(isUsable);
  const found = usable.flatMap((record) => deviceKeys(record.event).slice(0, 1).map((key) => ({ key, rank: rankOf(record), record })));
  const counting = new Set(await memory.noteDevices(idsOf(devices), found));
  await noteDrift(sweep, found.filter((device) => counting.has(device)));
  uem.devices = await memory.deviceCount();
  uem.total = total ?? uem.total;
  uem.unusable = await memory.noteUnusable(idsOf(devices.filter((record) => !isUsable(record))));
  const listed = (uem.page + 1) * pageSize;
  if (listed > 2 * uem.devices + 10 * pageSize) throw new SweepEnded('unreadable_inventory', `UEM's pages repeat: ${uem.devices} devices on ${uem.page + 1} pages.`);
}

function isUsable({ event }: UemRecord): boolean {
  return event.deviceClass !== null && hasUsableIdentifier(event);
}

function idsOf(records: UemRecord[]): string[] {
  return records.flatMap(({ event }) => event.enrolment ?? []);
}

/** Of several enrolments of one device the one counts that has not ended, of those the newest. */
function rankOf({ event: { says, enrolment }, enrolledAt }: UemRecord): string {
  return `${says.enrolled ? 1 : 0} ${enrolledAt ?? '0'.repeat(17)} ${(enrolment ?? '').padStart(20, '0')}`;
}

function isComplete({ progress: { uem } }: Sweep): boolean {
  return uem.total === null || uem.devices >= uem.total;
}

/** Notes which devices we have suspended that UEM does not have any longer. */
async function noteGone(sweep: Sweep): Promise<void> {
  const { redis, prefix, memory } = sweep;
  const { locked } = redisKeys(prefix);
  for (let start = 0; ; start += atOnce) {
    const keys = await redis.zrange(locked, start, String(start + atOnce - 1));
    const unlisted = await memory.unlisted(keys);
    await noteDrift(sweep, unlisted.map((key) => ({ key, record: null })));
    if (keys.length < atOnce) return;
  }
}

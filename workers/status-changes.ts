import type { StatusChange } from '../src/compliance/proof.js';
import type { LogPage, LogQuery } from '../src/okta/system-log.js';

/** For how long Okta keeps its System Log (guide "System Log query"). */
const keptMs = 90 * 24 * 3_600_000;

export type ReadLog = (query: LogQuery) => Promise<LogPage>;

/** The newest change of each record's status that the System Log shows; of as many records as fit into one query. Throws what `read` throws. */
export async function newestChanges(read: ReadLog, recordIds: string[], nowMs: number): Promise<Map<string, StatusChange>> {
  const newest = new Map<string, StatusChange>();
  let after: string | undefined;
  do {
    const page = await read({ what: ['suspended', 'unsuspended'], targets: recordIds, since: nowMs - keptMs, until: nowMs, after });
    for (const event of page.events) for (const id of event.targets) if (!newest.has(id)) newest.set(id, event);
    after = page.next;
  } while (after !== undefined && !recordIds.every((id) => newest.has(id)));
  return newest;
}

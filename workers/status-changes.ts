import { lastTurn, type StatusChange } from '../src/compliance/proof.js';
import { endlessList } from '../src/okta/paging.js';
import type { LogPage, LogQuery } from '../src/okta/system-log.js';

/** For how long Okta keeps its System Log (guide "System Log query"). */
const keptMs = 90 * 24 * 3_600_000;

export type ReadLog = (query: LogQuery) => Promise<LogPage>;

/**
 * The change by which each record came to its present status, as the System Log shows it; of as many records as fit into one query.
 * Throws what `read` throws.
 */
export async function lastTurns(read: ReadLog, recordIds: string[], nowMs: number): Promise<Map<string, StatusChange>> {
  const changes = new Map(recordIds.map((id) => [id, [] as StatusChange[]]));
  const cursors = new Set<string>();
  let after: string | undefined;
  do {
    const page = await read({ what: ['suspended', 'unsuspended'], targets: recordIds, since: nowMs - keptMs, until: nowMs, after });
    for (const event of page.events) for (const id of event.targets) changes.get(id)?.push(event);
    after = page.next;
    if (after !== undefined && cursors.has(after)) throw endlessList('listLogEvents');
    if (after !== undefined) cursors.add(after);
  } while (after !== undefined);
  return new Map([...changes].flatMap(([id, newestFirst]): [string, StatusChange][] => {
    const turn = lastTurn(newestFirst);
    return turn === undefined ? [] : [[id, turn]];
  }));
}

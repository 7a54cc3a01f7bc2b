import { UpstreamFailure } from '../failure.js';
import type { Answered, HttpAnswer } from '../http-call.js';
import { garbage, requestId } from './answer.js';

const mostPages = 10;

/** Which list an answer is a page of, and where it was asked for. */
type PageOf = { operation: string; origin: string };

/**
 * The cursor of the next page, as Okta's documentation on pagination has it: the `after` of the `Link` with `rel="next"`. Only the cursor
 * is taken, so a link cannot lead a request, and its token, to another host (the SDK's `Collection` would follow it anywhere); an answer
 * that tries is `garbage`.
 */
export function nextCursor(answer: HttpAnswer, { operation, origin }: PageOf): string | undefined {
  const link = /<([^>]*)>\s*;\s*rel="next"/.exec(answer.headers.get('link') ?? '');
  if (link === null) return undefined;
  const url = URL.canParse(link[1] ?? '') ? new URL(link[1] ?? '') : null;
  const cursor = url?.searchParams.get('after');
  if (url?.origin !== origin || !cursor) throw garbage(answer, operation);
  return cursor;
}

/** `next`: the cursor of the next page; undefined on the last. */
type Page<Item> = { items: Item[]; next: string | undefined; answer: HttpAnswer };

/** A list from its first page to its last; one that does not end is not an answer to our question. */
export async function allPages<Item>(operation: string, read: (after: string | undefined) => Promise<Page<Item>>): Promise<Answered<Item[]>> {
  const found: Item[] = [];
  const cursors = new Set<string | undefined>([undefined]);
  for (let after: string | undefined; cursors.size <= mostPages; cursors.add(after)) {
    const { items, next, answer } = await read(after);
    found.push(...items);
    if (next === undefined) return { value: found, status: answer.status, requestId: requestId(answer) };
    if (cursors.has(next)) break;
    after = next;
  }
  throw endlessList(operation);
}

/** Pages that lead back to an earlier one, or that are too many. */
export function endlessList(operation: string): UpstreamFailure {
  return new UpstreamFailure({ upstream: 'okta', operation, kind: 'garbage', code: 'endless_list' });
}

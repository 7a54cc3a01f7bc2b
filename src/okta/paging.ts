import type { HttpAnswer } from '../http-call.js';
import { garbage } from './answer.js';

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

import type { HttpAnswer } from '../http-call.js';
import { garbage } from './answer.js';

/**
 * The cursor of the next page, as Okta's documentation on pagination has it: the `after` of the `Link` with `rel="next"`. Only the cursor
 * is taken, so a link cannot lead a request, and its token, to another host (the SDK's `Collection` would follow it anywhere).
 */
export function nextCursor(answer: HttpAnswer): string | undefined {
  const link = /<([^>]*)>\s*;\s*rel="next"/.exec(answer.headers.get('link') ?? '');
  if (link === null) return undefined;
  const url = link[1] ?? '';
  const cursor = URL.canParse(url) ? new URL(url).searchParams.get('after') : null;
  if (!cursor) throw garbage(answer, 'listDevices');
  return cursor;
}

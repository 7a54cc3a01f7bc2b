import type { DoubleAnswer, DoubleRequest } from '../http-message.js';
import { invalidSearch, oktaError } from './answers.js';

type List<T> = { items: T[]; /** Largest page, and the default. */ maximum: number };

/** One page of a list with Okta's opaque cursors and its separate `Link` headers; 400 for a bad cursor or limit. */
export function page<T extends { id: string }>(request: DoubleRequest, { items, maximum }: List<T>, show: (item: T) => unknown): DoubleAnswer {
  const limit = Number(request.query.get('limit') ?? maximum);
  if (!Number.isInteger(limit) || limit < 1 || limit > maximum) return oktaError(400, 'E0000001', ['Api validation failed: limit']);
  const after = request.query.get('after');
  const start = after === null ? 0 : positionAfter(items, after);
  if (start === null) return invalidSearch('Invalid cursor.');
  const shown = items.slice(start, start + limit);
  const last = shown.at(-1);
  const next = last && start + limit < items.length ? [link(request, 'next', cursorOf(last))] : [];
  return { status: 200, headers: { link: [link(request, 'self', after), ...next] }, body: shown.map(show) };
}

function positionAfter(items: { id: string }[], cursor: string): number | null {
  const index = items.findIndex((item) => cursorOf(item) === cursor);
  return index === -1 ? null : index + 1;
}

function cursorOf({ id }: { id: string }): string {
  return Buffer.from(`cursor:${id}`).toString('base64url');
}

function link({ origin, pathname, query }: DoubleRequest, relation: string, after: string | null): string {
  const parameters = new URLSearchParams(query);
  if (after !== null) parameters.set('after', after);
  const text = parameters.toString();
  return `<${origin}${pathname}${text === '' ? '' : `?${text}`}>; rel="${relation}"`;
}

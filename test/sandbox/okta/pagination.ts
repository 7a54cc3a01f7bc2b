import type { DoubleAnswer, DoubleRequest } from '../http-message.js';
import { invalidSearch, oktaError } from './answers.js';

type List<T> = {
  /** At most `count` items after the one with this id, or from the first; null: there is no such item. */
  after: (id: string | null, count: number) => T[] | null;
  /** Largest page, and the default. */
  maximum: number;
};

/** A list that is held as a whole. */
export function listOf<T extends { id: string }>(items: T[]): List<T>['after'] {
  return (id, count) => {
    const last = id === null ? -1 : items.findIndex((item) => item.id === id);
    return id !== null && last === -1 ? null : items.slice(last + 1, last + 1 + count);
  };
}

/** One page of a list with Okta's opaque cursors and its separate `Link` headers; 400 for a bad cursor or limit. */
export function page<T extends { id: string }>(request: DoubleRequest, { after, maximum }: List<T>, show: (item: T) => unknown): DoubleAnswer {
  const limit = Number(request.query.get('limit') ?? maximum);
  if (!Number.isInteger(limit) || limit < 1 || limit > maximum) return oktaError(400, 'E0000001', ['Api validation failed: limit']);
  const cursor = request.query.get('after');
  const found = after(cursor === null ? null : idIn(cursor), limit + 1);
  if (found === null) return invalidSearch('Invalid cursor.');
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const next = last && found.length > limit ? [link(request, 'next', cursorAt(last.id))] : [];
  return { status: 200, headers: { link: [link(request, 'self', cursor), ...next] }, body: shown.map(show) };
}

function cursorAt(id: string): string {
  return Buffer.from(`cursor:${id}`).toString('base64url');
}

/** Nobody's id where the cursor is none of ours. */
function idIn(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString().replace(/^cursor:/, '');
  return cursorAt(id) === cursor ? id : '';
}

function link({ origin, pathname, query }: DoubleRequest, relation: string, after: string | null): string {
  const parameters = new URLSearchParams(query);
  if (after !== null) parameters.set('after', after);
  const text = parameters.toString();
  return `<${origin}${pathname}${text === '' ? '' : `?${text}`}>; rel="${relation}"`;
}

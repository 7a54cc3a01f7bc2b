import { z } from 'zod';
import { UpstreamFailure } from '../failure.js';
import type { Answered } from '../http-call.js';
import { readBody, requestId } from './answer.js';
import { equals } from './device.js';
import { nextCursor } from './paging.js';
import type { Okta } from './transport.js';
import { user } from './user.js';

const operation = 'listLogEvents';
/** Okta's maximum. */
const pageSize = 1_000;

/** A record that is deactivated, or activated afterwards, is not suspended any longer: that ends a suspension as unsuspending does. */
const eventTypes = {
  suspended: ['device.lifecycle.suspend'],
  unsuspended: ['device.lifecycle.unsuspend', 'device.lifecycle.deactivate', 'device.lifecycle.activate'],
} as const;

/** One entry of the System Log: who did what to which objects, and when by Okta's clock (milliseconds since 1970). */
type LogEvent = { what: keyof typeof eventTypes; at: number; actor: string; targets: string[] };

/** From `since` until just before `until`, milliseconds since 1970: with both, Okta gives every page in order and a last one. */
export type LogQuery = { what: LogEvent['what'][]; actor?: string; targets?: string[]; since: number; until: number; after?: string | undefined; limit?: number };

/** `next`: the cursor of the next page; undefined on the last. */
export type LogPage = { events: LogEvent[]; next: string | undefined };

/** `listLogEvents`, newest first. Okta's guide "System Log query"; what failed is left out. */
export async function listLogEvents({ sdk, transport, origin }: Okta, query: LogQuery): Promise<Answered<LogPage>> {
  const { since, until, after, limit = pageSize } = query;
  const parameters = {
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    filter: logFilter(query),
    limit,
    sortOrder: 'DESCENDING' as const,
    ...(after !== undefined && { after }),
  };
  const answer = await transport.answerOf(operation, async () => (await sdk.systemLogApi.listLogEvents(parameters)).getNextPage());
  const events = readBody(answer, z.array(logEvent), operation).flatMap((event) => event ?? []);
  return { value: { events, next: nextCursor(answer, { operation, origin }) }, status: answer.status, requestId: requestId(answer) };
}

/** A filter for the System Log: one of the event types, one of the targets, the actor. */
export function logFilter({ what, actor, targets }: Pick<LogQuery, 'what' | 'actor' | 'targets'>): string {
  const types = what.flatMap((one) => eventTypes[one].map((type) => equals('eventType', type)));
  const objects = targets?.map((id) => equals('target.id', id)) ?? [];
  const terms = [types, objects].filter((some) => some.length > 0).map((some) => `(${some.join(' or ')})`);
  return [...terms, ...(actor === undefined ? [] : [equals('actor.id', actor)])].join(' and ');
}

const whats = new Map<string, LogEvent['what']>([
  ...eventTypes.suspended.map((type) => [type, 'suspended'] as const),
  ...eventTypes.unsuspended.map((type) => [type, 'unsuspended'] as const),
]);

/** Null: an event that says nothing about what we asked for. */
const logEvent = z
  .object({
    published: z.iso.datetime(),
    eventType: z.string(),
    actor: z.object({ id: z.string() }),
    outcome: z.object({ result: z.string() }).nullish(),
    target: z.array(z.object({ id: z.string() })).nullish(),
  })
  .transform(({ published, eventType, actor, outcome, target }): LogEvent | null => {
    const what = whats.get(eventType);
    if (what === undefined || (outcome && outcome.result !== 'SUCCESS')) return null;
    return { what, at: Date.parse(published), actor: actor.id, targets: (target ?? []).map(({ id }) => id) };
  });

/**
 * Who we are in the System Log: a service app is its client id, an API token the user who made it. Null where Okta refuses us the log, for
 * want of the scope `okta.logs.read` or of the right in the admin role.
 */
export async function logActor(okta: Okta, clientId: string | null): Promise<string | null> {
  try {
    const until = Date.now();
    await listLogEvents(okta, { what: ['suspended'], since: until - 60_000, until, limit: 1 });
    return clientId ?? (await tokenOwner(okta));
  } catch (error) {
    if (error instanceof UpstreamFailure && error.details.kind === 'permission') return null;
    throw error;
  }
}

async function tokenOwner({ sdk, transport }: Okta): Promise<string> {
  const answer = await transport.answerOf('getUser', () => sdk.userApi.getUser({ userId: 'me' }));
  return readBody(answer, user, 'getUser').id;
}

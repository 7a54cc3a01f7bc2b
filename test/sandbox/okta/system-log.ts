import type { DoubleAnswer } from '../http-message.js';
import { invalidSearch } from './answers.js';
import type { LogEvent, Org } from './org.js';
import { listOf, page } from './pagination.js';
import type { Call, Route } from './route.js';
import { parseSearch, SearchSyntaxError } from './search.js';

/** The System Log, as far as it says who changed a device's status: `since`, `until`, `filter`, `sortOrder`, `limit`, `after`. */
export function systemLog(org: Org): Route {
  return {
    name: 'listLogEvents',
    method: 'GET',
    path: '/api/v1/logs',
    bucket: 'other',
    scope: 'okta.logs.read',
    answer: (call) => listLogEvents(call, org),
  };
}

function listLogEvents({ request }: Call, org: Org): DoubleAnswer {
  const filter = request.query.get('filter');
  const since = request.query.get('since') ?? '';
  const until = request.query.get('until');
  try {
    const matches = filter === null ? () => true : parseSearch<LogEvent>(filter, attribute).matches;
    const logged = org.log.slice(0, org.logged());
    const events = logged.filter((event) => event.published >= since && (until === null || event.published < until) && matches(event));
    const ordered = request.query.get('sortOrder') === 'DESCENDING' ? events.toReversed() : events;
    const items = ordered.map((event) => ({ id: event.uuid, event }));
    return page(request, { after: listOf(items), maximum: 1000 }, ({ event }) => eventView(event));
  } catch (error) {
    if (error instanceof SearchSyntaxError) return invalidSearch(error.message);
    throw error;
  }
}

function attribute(event: LogEvent, name: string): string | null | undefined {
  if (name === 'eventType' || name === 'published' || name === 'uuid') return event[name];
  if (name === 'actor.id') return event.actor.id;
  if (name === 'target.id') return event.target.id;
  return name === 'target.type' ? 'Device' : undefined;
}

function eventView({ uuid, published, eventType, displayMessage, actor, target }: LogEvent) {
  const device = { id: target.id, type: 'Device', alternateId: 'unknown', displayName: target.profile.displayName, detailEntry: null };
  return {
    uuid,
    published,
    eventType,
    version: '0',
    severity: 'INFO',
    legacyEventType: null,
    displayMessage,
    actor: { ...actor, detailEntry: null },
    outcome: { result: 'SUCCESS', reason: null },
    target: [device],
  };
}

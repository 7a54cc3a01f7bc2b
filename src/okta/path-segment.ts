import { UpstreamFailure } from '../failure.js';

/** Not even encoding makes these a name: URLs resolve the dots, nothing is the collection, and `me` is whoever asks. */
const notNames = new Set(['', '.', '..', 'me']);

/** The id as one that the SDK may encode into a path. Throws `UpstreamFailure` `rejected` `invalid_id` for an id that would address another resource. */
export function pathSegment(id: string, operation: string): string {
  if (!notNames.has(id)) return id;
  throw new UpstreamFailure({ upstream: 'okta', operation, kind: 'rejected', code: 'invalid_id' });
}

import type { DoubleAnswer, DoubleRequest } from '../http-message.js';
import type { Operation } from '../path-template.js';
import type { Actor } from './org.js';
import type { Bucket } from './rate-limit.js';

export type Call = { request: DoubleRequest; params: Record<string, string>; actor: Actor };

/** One operation of the double, under Okta's own name for it. */
export type Route = Operation & {
  name: string;
  bucket: Bucket;
  scope: string;
  answer: (call: Call) => DoubleAnswer;
};

/** Parameters of a `{name}` path come decoded; a missing one is a mistake of the route. */
export function pathParam({ params }: Call, name: string): string {
  const value = params[name];
  if (value === undefined) throw new Error(`route without {${name}}`);
  return value;
}

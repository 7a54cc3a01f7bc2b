import type { Identity, RecordStatus } from './record.js';

/** One call that changes something at an upstream, by the vendor's name of the operation, and why it is made. */
export type Action =
  | { kind: 'suspendDevice'; recordId: string; statusSeen: RecordStatus; reason: string }
  | { kind: 'unsuspendDevice'; recordId: string; reason: string }
  | { kind: 'revokeUserSessions'; user: Identity; reason: string }
  | { kind: 'revokeSignInSessions'; addresses: [string, ...string[]]; reason: string };

export type ActionOf<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** The actions of one kind, in order. */
export function actionsOf<K extends Action['kind']>(actions: Action[], kind: K): ActionOf<K>[] {
  return actions.filter((action): action is ActionOf<K> => action.kind === kind);
}

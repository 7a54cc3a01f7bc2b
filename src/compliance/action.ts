import type { Identity } from './record.js';

/** One call that changes something at an upstream, by the vendor's name of the operation, and why it is made. */
export type SuspendDevice = { kind: 'suspendDevice'; recordId: string; reason: string };
export type UnsuspendDevice = { kind: 'unsuspendDevice'; recordId: string; reason: string };
export type RevokeUserSessions = { kind: 'revokeUserSessions'; user: Identity; reason: string };
/** `addresses` are tried in order until Entra ID knows one. */
export type RevokeSignInSessions = { kind: 'revokeSignInSessions'; addresses: [string, ...string[]]; reason: string };

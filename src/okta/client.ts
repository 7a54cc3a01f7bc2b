import { Client } from '@okta/okta-sdk-nodejs';
import type { DeviceRecord, Identity } from '../compliance/record.js';
import type { Answered, OnAnswer } from '../http-call.js';
import { createTokenSource } from '../token-source.js';
import { withAccessToken, withApiToken, type SendAuthorized } from './authorization.js';
import type { Spellings } from './device.js';
import { findDevices, getDevice, listDevicesPage, suspendDevice, unsuspendDevice, type DevicesPage } from './devices.js';
import { listLogEvents, logActor, type LogPage, type LogQuery } from './system-log.js';
import { createTokenEndpoint } from './token-endpoint.js';
import { OktaTransport, type Okta } from './transport.js';
import { findUser, revokeUserSessions } from './users.js';

/** `token`: an API token (`SSWS`). `key`: a service app; `privateKey` is RSA or EC, as PEM (PKCS #8, PKCS #1, SEC 1) or as a JWK. */
export type OktaCredentials =
  | { kind: 'token'; token: () => string }
  | { kind: 'key'; clientId: string; keyId: string | undefined; privateKey: () => string };

/** `timeoutMs` is the deadline of one request; an operation may take several. `onAnswer` sees each answer of the management API. */
export type OktaOptions = { orgUrl: string; credentials: OktaCredentials; timeoutMs: number; onAnswer?: OnAnswer | undefined };

/** The operations of Okta's management API that contain and release a device. All of them throw `UpstreamFailure`. */
export type OktaClient = {
  /** Every record whose UDID or serial number is one of the spellings, with its users. From the search index, which lags behind. */
  findDevices(spellings: Spellings): Promise<Answered<DeviceRecord[]>>;
  /** 200 of all devices, or of the suspended ones, with their users. A cursor that Okta takes no longer is `rejected`, `E0000031`. */
  listDevicesPage(after?: string, only?: 'suspended'): Promise<Answered<DevicesPage>>;
  /** The record by id, fresher than the index; Okta gives no users with it, so `users` is empty. */
  getDevice(id: string): Promise<Answered<DeviceRecord>>;
  /** Resolves when Okta has acknowledged; `deactivated` is an end that no lifecycle call can change. */
  suspendDevice(id: string): Promise<Answered<'suspended' | 'deactivated'>>;
  unsuspendDevice(id: string): Promise<Answered<'active' | 'deactivated'>>;
  /** By login, else by e-mail address; null when neither finds one, `ambiguous` when several users have the address. */
  findUser(loginOrEmail: string): Promise<Answered<Identity | null | 'ambiguous'>>;
  /** Ends the user's Okta sessions, revokes their OAuth tokens and forgets their remembered devices. */
  revokeUserSessions(userId: string): Promise<Answered<'revoked'>>;
  /** A page of at most 1,000 events of devices' lifecycle in the System Log, newest first. New events appear there with a delay. */
  listLogEvents(query: LogQuery): Promise<Answered<LogPage>>;
  /** Who this client is in the System Log; null where it may not read that. */
  logActor(): Promise<string | null>;
};

/** A client of one org; it asks for its first token with its first call. */
export function createOktaClient(options: OktaOptions): OktaClient {
  const okta = connectOkta(options);
  return {
    findDevices: (spellings) => findDevices(okta, spellings),
    listDevicesPage: (after, only) => listDevicesPage(okta, after, only),
    getDevice: (id) => getDevice(okta, id),
    suspendDevice: (id) => suspendDevice(okta, id),
    unsuspendDevice: (id) => unsuspendDevice(okta, id),
    findUser: (loginOrEmail) => findUser(okta, loginOrEmail),
    revokeUserSessions: (userId) => revokeUserSessions(okta, userId),
    listLogEvents: (query) => listLogEvents(okta, query),
    logActor: () => logActor(okta, options.credentials.kind === 'key' ? options.credentials.clientId : null),
  };
}

/** The SDK on a transport of ours, with a token of its own. */
export function connectOkta({ orgUrl, credentials, timeoutMs, onAnswer }: OktaOptions): Okta {
  // The SDK would write `//api/v1` after a trailing slash.
  const { origin } = new URL(orgUrl);
  const transport = new OktaTransport(authorization({ orgUrl: origin, credentials, timeoutMs }), onAnswer);
  const sdk = new Client({
    orgUrl: origin,
    // The SDK's own OAuth swallows the token endpoint's errors (oauth.js): it is kept out, and this token never leaves the process.
    authorizationMode: 'SSWS',
    token: 'replaced-by-the-transport',
    requestExecutor: transport,
    // The SDK's cache never expires (memory-store.js).
    cacheMiddleware: null,
  });
  return { sdk, transport, origin };
}

function authorization({ orgUrl, credentials, timeoutMs }: OktaOptions): SendAuthorized {
  if (credentials.kind === 'token') return withApiToken(credentials.token, timeoutMs);
  return withAccessToken(createTokenSource(createTokenEndpoint({ orgUrl, client: credentials, timeoutMs })), timeoutMs);
}

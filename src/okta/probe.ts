import { z } from 'zod';
import type { DeviceRecord } from '../compliance/record.js';
import { UpstreamFailure } from '../failure.js';
import { httpCall } from '../http-call.js';
import { failureOf, garbage, readBody } from './answer.js';
import { connectOkta, type OktaOptions } from './client.js';
import { listDevicesPage } from './devices.js';
import { logActor } from './system-log.js';
import { createTokenEndpoint, scopes, type IssuedToken } from './token-endpoint.js';
import type { Okta } from './transport.js';

/** Okta's ids are 20 letters and digits: no device and no user can have this one, and no probe takes another. */
const nobody = 'posture-relay-doctor-asks-for-nobody';

const probes = {
  suspendDevice: ({ sdk }: Okta) => sdk.deviceApi.suspendDevice({ deviceId: nobody }),
  unsuspendDevice: ({ sdk }: Okta) => sdk.deviceApi.unsuspendDevice({ deviceId: nobody }),
  getUser: ({ sdk }: Okta) => sdk.userApi.getUser({ userId: nobody }),
  revokeUserSessions: ({ sdk }: Okta) => sdk.userApi.revokeUserSessions({ userId: nobody, oauthTokens: true, forgetDevices: true }),
};

export type ProbedOperation = keyof typeof probes;

/** Finds out what the relay may do in an org without doing it. All of it throws `UpstreamFailure`. */
export type OktaProbe = {
  /** Reads the org authorization server's metadata, which needs no token. */
  reach(): Promise<void>;
  /** One exchange of a service app's key for a token; null for an API token, which needs none. */
  exchangeToken(): Promise<Pick<IssuedToken, 'scheme' | 'lifetimeMs'> | null>;
  /** Of the scopes that the relay needs, those that the app was not granted. */
  missingScopes(): Promise<string[]>;
  /** Asks for the operation on an id that cannot exist; resolves where Okta answers that there is no such object. */
  tryOnNobody(operation: ProbedOperation): Promise<void>;
  /** Whether the System Log may be read; reads at most one entry of it. */
  readsLog(): Promise<boolean>;
  /** The first devices of the org, 200 a page; `complete` when there are no more. */
  listDevices(pages: number): Promise<{ devices: DeviceRecord[]; complete: boolean }>;
};

/** A probe of one org; `onAnswer` sees the metadata's answer too. */
export function createOktaProbe(options: OktaOptions): OktaProbe {
  const okta = connectOkta(options);
  return {
    reach: () => readMetadata(options),
    exchangeToken: () => exchange(options, scopes),
    missingScopes: async () => {
      const refused = await Promise.all(scopes.map((scope) => isRefused(options, scope)));
      return scopes.filter((_, index) => refused[index]);
    },
    tryOnNobody: (operation) => tryOnNobody(okta, operation),
    readsLog: async () => (await logActor(okta, nobody)) !== null,
    listDevices: (pages) => listDevices(okta, pages),
  };
}

async function readMetadata({ orgUrl, timeoutMs, onAnswer }: OktaOptions): Promise<void> {
  const operation = 'metadata';
  const url = `${new URL(orgUrl).origin}/.well-known/oauth-authorization-server`;
  const call = { upstream: 'okta', operation, method: 'GET', url, headers: { accept: 'application/json' } } as const;
  const answer = await httpCall(call, timeoutMs);
  onAnswer?.(operation, answer);
  const failure = failureOf(answer, call);
  if (failure !== null) throw failure;
  readBody(answer, z.object({ issuer: z.url() }), operation);
}

async function exchange({ orgUrl, credentials, timeoutMs }: OktaOptions, asked: readonly string[]): Promise<IssuedToken | null> {
  if (credentials.kind === 'token') return null;
  return await createTokenEndpoint({ orgUrl: new URL(orgUrl).origin, client: credentials, timeoutMs, asked })();
}

async function isRefused(options: OktaOptions, scope: string): Promise<boolean> {
  try {
    await exchange(options, [scope]);
    return false;
  } catch (error) {
    if (error instanceof UpstreamFailure && error.details.code === 'invalid_scope') return true;
    throw error;
  }
}

async function tryOnNobody(okta: Okta, operation: ProbedOperation): Promise<void> {
  const answer = await okta.transport.answerOf(operation, () => probes[operation](okta)).catch(notFound);
  if (answer !== null) throw garbage(answer, operation);
}

/** Okta's word for an object that does not exist; a 404 without it comes from something else. */
const noSuchObject = 'E0000007';

function notFound(error: unknown): null {
  if (!(error instanceof UpstreamFailure) || error.details.kind !== 'not_found') throw error;
  if (error.details.code === noSuchObject) return null;
  throw new UpstreamFailure({ ...error.details, kind: 'garbage' });
}

async function listDevices(okta: Okta, pages: number): Promise<{ devices: DeviceRecord[]; complete: boolean }> {
  const devices: DeviceRecord[] = [];
  let after: string | undefined;
  for (let page = 1; page <= pages; page += 1) {
    const { value } = await listDevicesPage(okta, after);
    devices.push(...value.records);
    after = value.next;
    if (after === undefined) return { devices, complete: true };
  }
  return { devices, complete: false };
}

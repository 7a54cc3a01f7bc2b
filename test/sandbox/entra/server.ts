import { randomUUID } from 'node:crypto';
import type { Contract } from '../contract.js';
import { startHttpDouble, type HttpDouble } from '../http-double.js';
import { createApi } from './api.js';
import { addUser, userById, type Directory, type EntraUser, type NewEntraUser } from './directory.js';
import { withPlainPaths } from './key-segment.js';
import { createSts } from './sts.js';

export type EntraOptions = {
  port?: number;
  tenantId?: string;
  clientId?: string;
  clientSecret?: string;
  /** SPKI PEM against which client assertions are verified. */
  certificatePublicKey?: string;
  tokenLifetimeSeconds?: number;
  /** Filters on `proxyAddresses` are a 403, as with `User.ReadBasic.All` alone. */
  forbidProxyAddresses?: boolean;
  contract?: Contract | undefined;
};

export type EntraDouble = HttpDouble & {
  /** `url` with Graph's version. */
  graphUrl: string;
  tenantId: string;
  clientId: string;
  clientSecret: string;
  addUser: (user: NewEntraUser) => EntraUser;
  user: (id: string) => EntraUser;
  /** When the user's sign-in sessions were revoked, milliseconds since the epoch, oldest first. */
  signInSessions: (id: string) => number[];
  /** The client secret or certificate is refused from now on, and so are its tokens, or both are accepted again. */
  rejectCredentials: (rejected: boolean) => void;
  expireTokens: () => void;
};

/** Starts a double of one Entra tenant: its token endpoint and Graph v1.0 on the same origin. */
export async function startEntra(options: EntraOptions = {}): Promise<EntraDouble> {
  const { tenantId = randomUUID(), clientId = randomUUID(), clientSecret = `secret-${randomUUID()}` } = options;
  const { port, contract, certificatePublicKey, tokenLifetimeSeconds: lifetimeSeconds = 3599 } = options;
  const directory: Directory = { users: new Map(), revocations: new Map() };
  const sts = createSts({ tenantId, clientId, clientSecret, certificatePublicKey, lifetimeSeconds });
  const { operationOf, answer, rejectCredentials } = createApi(directory, sts, options.forbidProxyAddresses ?? false);
  const double = await startHttpDouble({ port, contract: contract && withPlainPaths(contract), operationOf, answer });
  return {
    ...double,
    graphUrl: `${double.url}/v1.0`,
    tenantId,
    clientId,
    clientSecret,
    addUser: (fields) => addUser(directory, fields),
    user: (id) => userById(directory, id),
    signInSessions: (id) => [...(directory.revocations.get(userById(directory, id).id) ?? [])],
    rejectCredentials,
    expireTokens: sts.expireTokens,
  };
}

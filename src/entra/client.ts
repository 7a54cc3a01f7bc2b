import type { Answered } from '../http-call.js';
import { createTokenProvider } from './auth.js';
import { readCertificate } from './certificate.js';
import { createGraph, type Graph } from './graph.js';
import { upstreamOrigin } from './origin.js';
import { signOut, type SignOutResult } from './sign-out.js';
import { exchangeToken, type EntraCredential } from './token-exchange.js';

/** `timeoutMs` bounds each HTTP request. `allowHttpLoopback` permits plain http on loopback hosts, for the sandbox. */
export type EntraOptions = {
  tenantId: string;
  clientId: string;
  credential: EntraCredential;
  authorityHost: string;
  graphBaseUrl: string;
  timeoutMs: number;
  allowHttpLoopback: boolean;
};

export type EntraClient = {
  /** Signs the user out of everything in Entra ID; guests are `skipped_external`. Throws `UpstreamFailure`. */
  revokeSignInSessions(loginOrEmail: string): Promise<Answered<SignOutResult>>;
};

/** Throws at once for a base URL that is not https, and `UpstreamFailure` `credentials` for a certificate that cannot be used. */
export function createEntraClient(options: EntraOptions): EntraClient {
  const graph = connectGraph(options);
  return { revokeSignInSessions: (loginOrEmail) => signOut(graph, loginOrEmail) };
}

/** Graph with a token provider of its own; throws like `createEntraClient`. */
export function connectGraph(options: EntraOptions): Graph {
  const { tenantId, clientId, credential, authorityHost, graphBaseUrl, timeoutMs, allowHttpLoopback } = options;
  const authorityOrigin = upstreamOrigin('AZURE_AUTHORITY_HOST', authorityHost, allowHttpLoopback);
  const graphOrigin = upstreamOrigin('GRAPH_BASE_URL', graphBaseUrl, allowHttpLoopback);
  if (credential.kind === 'certificate') readCertificate(credential.pem());

  const scope = `${graphOrigin}/.default`;
  const request = { tenantId, clientId, credential, authorityOrigin, scope, timeoutMs };
  const tokens = createTokenProvider(() => exchangeToken(request), Date.now);
  return createGraph(graphOrigin, tokens, timeoutMs);
}

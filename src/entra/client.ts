import type { Answered, OnAnswer } from '../http-call.js';
import { createTokenSource } from '../token-source.js';
import { readCertificate } from './certificate.js';
import { createGraph, type Graph } from './graph.js';
import { upstreamOrigin } from './origin.js';
import { signOut, type SignOutResult } from './sign-out.js';
import { exchangeToken, type EntraCredential, type TokenRequest } from './token-exchange.js';

/**
 * `timeoutMs` bounds each HTTP request. `allowHttpLoopback` permits plain http on loopback hosts, for the sandbox. `onAnswer` sees each
 * answer of Graph.
 */
export type EntraOptions = {
  tenantId: string;
  clientId: string;
  credential: EntraCredential;
  authorityHost: string;
  graphBaseUrl: string;
  timeoutMs: number;
  allowHttpLoopback: boolean;
  onAnswer?: OnAnswer | undefined;
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

/** Graph with a token source of its own; throws like `createEntraClient`. */
export function connectGraph(options: EntraOptions): Graph {
  const { credential, timeoutMs, onAnswer } = options;
  const request = tokenRequest(options);
  if (credential.kind === 'certificate') readCertificate(credential.pem());
  const tokens = createTokenSource(() => exchangeToken(request));
  return createGraph(graphOrigin(options), tokens, { timeoutMs, onAnswer });
}

/** What the token endpoint is asked for. Throws for a base URL that is not https. */
export function tokenRequest(options: EntraOptions): TokenRequest {
  const { tenantId, clientId, credential, authorityHost, timeoutMs, allowHttpLoopback } = options;
  const authorityOrigin = upstreamOrigin('AZURE_AUTHORITY_HOST', authorityHost, allowHttpLoopback);
  return { tenantId, clientId, credential, authorityOrigin, scope: `${graphOrigin(options)}/.default`, timeoutMs };
}

function graphOrigin({ graphBaseUrl, allowHttpLoopback }: EntraOptions): string {
  return upstreamOrigin('GRAPH_BASE_URL', graphBaseUrl, allowHttpLoopback);
}

import type { Answered, OnAnswer } from '../http-call.js';
import { createTokenSource } from '../token-source.js';
import { readCertificate } from './certificate.js';
import { createGraph, type Graph } from './graph.js';
import { signOut, type SignOutResult } from './sign-out.js';
import { exchangeToken, type EntraCredential, type TokenRequest } from './token-exchange.js';

/** `timeoutMs` bounds each HTTP request. `onAnswer` sees each answer of Graph. */
export type EntraOptions = {
  tenantId: string;
  clientId: string;
  credential: EntraCredential;
  authorityHost: string;
  graphBaseUrl: string;
  timeoutMs: number;
  onAnswer?: OnAnswer | undefined;
};

export type EntraClient = {
  /** Signs the user out of everything in Entra ID; guests are `skipped_external`. Throws `UpstreamFailure`. */
  revokeSignInSessions(loginOrEmail: string): Promise<Answered<SignOutResult>>;
};

/** Throws `UpstreamFailure` `credentials` for a certificate that cannot be used. */
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

/** What the token endpoint is asked for. */
export function tokenRequest(options: EntraOptions): TokenRequest {
  const { tenantId, clientId, credential, authorityHost, timeoutMs } = options;
  return { tenantId, clientId, credential, authorityOrigin: new URL(authorityHost).origin, scope: `${graphOrigin(options)}/.default`, timeoutMs };
}

function graphOrigin({ graphBaseUrl }: EntraOptions): string {
  return new URL(graphBaseUrl).origin;
}

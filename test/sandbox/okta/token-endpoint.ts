import { randomBytes } from 'node:crypto';
import { createLocalJWKSet, jwtVerify, type JWK } from 'jose';
import { formFields, type DoubleAnswer, type DoubleRequest } from '../http-message.js';
import { oauthError } from './answers.js';
import { verifyProof, type SeenTokens } from './proofs.js';

/** What the org knows about its callers: an API token of an administrator, a service app, or both. */
export type OktaCredentials = {
  /** For `Authorization: SSWS`. */
  token?: string;
  clientId?: string;
  /** The service app's registered public keys. */
  publicKeys?: JWK[];
  /** Scopes granted to the app. */
  scopes?: string[];
};

export const allScopes = ['okta.devices.read', 'okta.devices.manage', 'okta.users.read', 'okta.users.manage', 'okta.logs.read'];

type AccessToken = { clientId: string; scopes: string[]; expiresAt: number; thumbprint: string | null };

type TokenEndpointOptions = {
  credentials: OktaCredentials;
  requireDpop: boolean;
  dpopAlgorithms: string[];
  /** Lifetime of an access token. */
  lifetimeSeconds: number;
};

export type TokenEndpoint = {
  answer: (request: DoubleRequest) => Promise<DoubleAnswer>;
  /** The token as it was issued, if it still counts. */
  issued: (accessToken: string) => AccessToken | null;
  expireTokens: () => void;
  /** Makes the present nonce worthless, as Okta does after 24 hours. */
  rotateNonce: () => void;
};

/** Okta's org authorization server: client credentials with `private_key_jwt`, with DPoP where demanded or offered. */
export function createTokenEndpoint(options: TokenEndpointOptions, seen: SeenTokens): TokenEndpoint {
  const tokens = new Map<string, AccessToken>();
  let nonce = randomBytes(12).toString('base64url');

  async function answer(request: DoubleRequest): Promise<DoubleAnswer> {
    const refusal = await refuseClient(request, options.credentials, seen);
    if (refusal) return refusal;
    const scopes = (formFields(request)['scope'] ?? '').split(' ').filter(Boolean);
    if (scopes.length === 0) return oauthError(400, 'invalid_scope', 'No scopes were requested.');
    const granted = options.credentials.scopes ?? allScopes;
    if (!scopes.every((scope) => granted.includes(scope))) {
      return oauthError(400, 'invalid_scope', 'One or more scopes are not configured for the authorization server resource.');
    }
    if (!options.requireDpop && request.headers['dpop'] === undefined) return issue(scopes, null);
    return answerBound(request, scopes);
  }

  async function answerBound(request: DoubleRequest, scopes: string[]): Promise<DoubleAnswer> {
    const proof = await verifyProof(request, { algorithms: options.dpopAlgorithms }, seen);
    if (!proof.ok) return oauthError(400, 'invalid_dpop_proof', proof.problem);
    const headers = { 'dpop-nonce': nonce };
    if (proof.nonce === nonce) return { ...issue(scopes, proof.thumbprint), headers };
    return { ...oauthError(400, 'use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.'), headers };
  }

  function issue(scopes: string[], thumbprint: string | null): DoubleAnswer {
    const accessToken = `eyJ.${randomBytes(24).toString('base64url')}`;
    const { lifetimeSeconds, credentials } = options;
    tokens.set(accessToken, {
      clientId: credentials.clientId ?? '',
      scopes,
      expiresAt: Date.now() + lifetimeSeconds * 1000,
      thumbprint,
    });
    const token_type = thumbprint === null ? 'Bearer' : 'DPoP';
    return { status: 200, body: { token_type, expires_in: lifetimeSeconds, access_token: accessToken, scope: scopes.join(' ') } };
  }

  return {
    answer,
    issued: (accessToken) => {
      const token = tokens.get(accessToken);
      return token && token.expiresAt > Date.now() ? token : null;
    },
    expireTokens: () => tokens.clear(),
    rotateNonce: () => {
      nonce = randomBytes(12).toString('base64url');
    },
  };
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

async function refuseClient(request: DoubleRequest, credentials: OktaCredentials, seen: SeenTokens): Promise<DoubleAnswer | null> {
  const fields = formFields(request);
  const assertion = fields['client_assertion'];
  if (fields['grant_type'] !== 'client_credentials') {
    return oauthError(400, 'unsupported_grant_type', 'The authorization grant type is not supported by the authorization server.');
  }
  if (!assertion || fields['client_assertion_type'] !== assertionType) {
    return oauthError(401, 'invalid_client', 'No client credentials found');
  }
  if (seen.count(assertion) > 1) return oauthError(401, 'invalid_client', 'The client_assertion token has already been used.');
  const { clientId, publicKeys = [] } = credentials;
  if (clientId === undefined) return oauthError(401, 'invalid_client', 'Invalid value for the client.');
  try {
    await jwtVerify(assertion, createLocalJWKSet({ keys: publicKeys }), {
      issuer: clientId,
      subject: clientId,
      audience: request.origin + request.pathname,
      requiredClaims: ['exp'],
    });
    return null;
  } catch {
    return oauthError(401, 'invalid_client', 'The client_assertion token is invalid.');
  }
}

import type { DoubleAnswer, DoubleRequest } from '../http-message.js';
import { accessDenied, invalidToken } from './answers.js';
import { verifyProof, type SeenTokens } from './proofs.js';
import { newId, type Actor } from './org.js';
import type { OktaCredentials, TokenEndpoint } from './token-endpoint.js';

type Caller = { ok: true; actor: Actor } | { ok: false; answer: DoubleAnswer };

type Authorization = (request: DoubleRequest, scope: string) => Promise<Caller>;

/** Who a change made in the Admin Console is attributed to. */
export const administrator: Actor = { id: newId('00u'), type: 'User', alternateId: 'admin@example.com', displayName: 'Ada Admin' };

/** Who changes made with the API token are attributed to. */
export const apiTokenOwner: Actor = { id: newId('00u'), type: 'User', alternateId: 'token@example.com', displayName: 'API Token Owner' };

/** Accepts `SSWS`, `Bearer` and `DPoP` authorization of resource requests; a replayed or wrong proof is a 400 with an empty body. */
export function createAuthorization(
  { credentials, dpopAlgorithms }: { credentials: OktaCredentials; dpopAlgorithms: string[] },
  tokens: TokenEndpoint,
  seen: SeenTokens,
): Authorization {
  return async (request, scope) => {
    const [scheme = '', value = ''] = (request.headers['authorization'] ?? '').split(' ');
    if (scheme === 'SSWS' && value !== '' && value === credentials.token) {
      return { ok: true, actor: apiTokenOwner };
    }
    const token = tokens.issued(value);
    if (!token || scheme !== (token.thumbprint === null ? 'Bearer' : 'DPoP')) return refused(invalidToken());
    if (token.thumbprint !== null) {
      const proof = await verifyProof(request, { algorithms: dpopAlgorithms, accessToken: value }, seen);
      if (!proof.ok) return refused(invalidProof(request, scope, proof.problem));
      if (proof.thumbprint !== token.thumbprint) return refused(invalidProof(request, scope, 'The DPoP proof JWT key does not match the token.'));
    }
    return token.scopes.includes(scope) ? { ok: true, actor: appActor(token.clientId) } : refused(accessDenied());
  };
}

/** Who changes made by a service app are attributed to. */
export function appActor(clientId: string): Actor {
  return { id: clientId, type: 'PublicClientApp', alternateId: 'unknown', displayName: 'Posture Relay' };
}

function refused(answer: DoubleAnswer): Caller {
  return { ok: false, answer };
}

function invalidProof({ origin, pathname }: DoubleRequest, scope: string, description: string): DoubleAnswer {
  const challenge = [
    `DPoP authorization_uri="${origin}/oauth2/v1/authorize"`,
    `realm="${origin}"`,
    `scope="${scope}"`,
    'error="invalid_dpop_proof"',
    `error_description="${description}"`,
    `resource="${pathname}"`,
  ];
  return { status: 400, headers: { 'www-authenticate': challenge.join(', ') } };
}

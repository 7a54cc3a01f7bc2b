import type { DoubleAnswer } from '../http-message.js';

export const metadataPaths = new Set(['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']);

/** The org authorization server's metadata, as far as a service app reads it. */
export function metadata(origin: string, dpopAlgorithms: string[]): DoubleAnswer {
  return {
    status: 200,
    body: {
      issuer: origin,
      authorization_endpoint: `${origin}/oauth2/v1/authorize`,
      token_endpoint: `${origin}/oauth2/v1/token`,
      jwks_uri: `${origin}/oauth2/v1/keys`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
      dpop_signing_alg_values_supported: dpopAlgorithms,
    },
  };
}

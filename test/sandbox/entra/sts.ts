import { randomBytes } from 'node:crypto';
import { importSPKI, jwtVerify } from 'jose';
import { formFields, type DoubleAnswer, type DoubleRequest } from '../http-message.js';
import { stsError } from './answers.js';

type StsOptions = {
  tenantId: string;
  clientId: string;
  clientSecret: string;
  /** SPKI PEM of the registered certificate's key; absent: an assertion is taken as it is. */
  certificatePublicKey?: string | undefined;
  lifetimeSeconds: number;
};

export type Sts = {
  answer: (request: DoubleRequest, tenant: string) => Promise<DoubleAnswer>;
  accepts: (accessToken: string) => boolean;
  expireTokens: () => void;
};

/** The security token service: client credentials with a secret or an assertion. Its answer carries no `scope`, as Entra's. */
export function createSts(options: StsOptions): Sts {
  const tokens = new Map<string, number>();

  async function answer(request: DoubleRequest, tenant: string): Promise<DoubleAnswer> {
    const refusal = refuseRequest(request, tenant, options) ?? (await refuseClient(request, options));
    if (refusal) return refusal;
    const access_token = `eyJ.${randomBytes(24).toString('base64url')}`;
    const { lifetimeSeconds } = options;
    tokens.set(access_token, Date.now() + lifetimeSeconds * 1000);
    return { status: 200, body: { token_type: 'Bearer', expires_in: lifetimeSeconds, ext_expires_in: lifetimeSeconds, access_token } };
  }

  return { answer, accepts: (accessToken) => (tokens.get(accessToken) ?? 0) > Date.now(), expireTokens: () => tokens.clear() };
}

function refuseRequest(request: DoubleRequest, tenant: string, { tenantId, clientId }: StsOptions): DoubleAnswer | null {
  const { client_id, grant_type, scope = '' } = formFields(request);
  if (tenant !== tenantId) return stsError(400, 'invalid_request', { number: 90002, text: `Tenant '${tenant}' not found.` });
  if (grant_type !== 'client_credentials') {
    return stsError(400, 'unsupported_grant_type', { number: 70003, text: 'The app requested an unsupported grant type.' });
  }
  if (client_id !== clientId) {
    return stsError(400, 'unauthorized_client', { number: 700016, text: 'Application was not found in the directory.' });
  }
  if (/^https?:\/\/\S+\/\.default$/.test(scope)) return null;
  return stsError(400, 'invalid_scope', { number: 1002012, text: 'The provided value for scope is not valid.' });
}

async function refuseClient(request: DoubleRequest, options: StsOptions): Promise<DoubleAnswer | null> {
  const { client_secret, client_assertion } = formFields(request);
  if (client_assertion !== undefined) return refuseAssertion(request, client_assertion, options);
  if (client_secret === options.clientSecret) return null;
  return stsError(401, 'invalid_client', { number: 7000215, text: 'Invalid client secret provided.' });
}

async function refuseAssertion(request: DoubleRequest, assertion: string, options: StsOptions): Promise<DoubleAnswer | null> {
  const { clientId, certificatePublicKey } = options;
  if (certificatePublicKey === undefined) return null;
  try {
    const audience = request.origin + request.pathname;
    const key = await importSPKI(certificatePublicKey, 'PS256');
    await jwtVerify(assertion, key, { audience, issuer: clientId, subject: clientId, clockTolerance: 2 });
    return null;
  } catch {
    return stsError(401, 'invalid_client', { number: 700027, text: 'The certificate with identifier used to sign the assertion is not registered.' });
  }
}

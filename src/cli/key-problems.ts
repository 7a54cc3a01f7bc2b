import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { ConfigError, type Environment } from '../config.js';
import { readableSettings } from '../doctor/readable-settings.js';
import { certificateValidUntil } from '../entra/certificate.js';
import { UpstreamFailure } from '../failure.js';
import { clientAssertion } from '../okta/client-assertion.js';
import { readPolicyFile } from '../policy-file.js';
import type { Settings, SettingsPart } from '../settings.js';

/** What is wrong with the keys, certificates and the policy that the parts name. Parts that cannot be used are passed over. */
export async function keyProblems(parts: SettingsPart[], environment: Environment): Promise<string[]> {
  const wanted = <Part extends SettingsPart>(part: Part) => (parts.some((other) => other === part) ? readableSettings([part], environment) : null);
  return [
    ...(await oktaProblems(wanted('okta')?.okta)),
    ...entraProblems(wanted('entra')?.entra),
    ...tlsProblems(wanted('tls')?.tls),
    ...policyProblems(wanted('enforcement')?.enforcement),
  ];
}

/** A key that signs is a key that works; whether Okta knows it is the doctor's question. */
async function oktaProblems(okta?: Settings['okta']): Promise<string[]> {
  const { OKTA_CLIENT_CLIENTID: clientId, OKTA_CLIENT_KEYID: keyId, OKTA_CLIENT_PRIVATEKEY: privateKey } = okta ?? {};
  if (!okta || !clientId || !privateKey) return [];
  try {
    await clientAssertion({ clientId, keyId, privateKey }, okta.OKTA_CLIENT_ORGURL);
    return [];
  } catch {
    return ['OKTA_CLIENT_PRIVATEKEY: is no usable RSA or EC private key (PEM or JWK, not encrypted). Example: OKTA_CLIENT_PRIVATEKEY_FILE=/run/secrets/okta.pem'];
  }
}

function entraProblems(entra?: Settings['entra']): string[] {
  const { AZURE_CLIENT_CERTIFICATE_PATH: pem, AZURE_CLIENT_SECRET: secret } = entra ?? {};
  if (!pem || secret) return [];
  const name = 'AZURE_CLIENT_CERTIFICATE_PATH';
  try {
    return expired(name, certificateValidUntil(pem()));
  } catch (error) {
    const reason = error instanceof UpstreamFailure ? (error.details.code ?? '').replaceAll('_', ' ') : 'unreadable';
    return [`${name}: is no PEM file with a certificate and its RSA private key (${reason}). Example: ${name}=/run/secrets/entra.pem`];
  }
}

const coded = z.object({ code: z.string() });

function tlsProblems(tls?: Settings['tls']): string[] {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = tls ?? {};
  if (!certFile || !keyFile) return [];
  try {
    const cert = readFileSync(certFile);
    createSecureContext({ cert, key: readFileSync(keyFile) });
    return expired('TLS_CERT_FILE', Date.parse(new X509Certificate(cert).validTo));
  } catch (error) {
    const reason = coded.safeParse(error).data?.code ?? 'unreadable';
    return [`TLS_CERT_FILE: ${certFile} and TLS_KEY_FILE ${keyFile} are not a PEM certificate with its key (${reason}).`];
  }
}

function expired(name: string, validUntil: number): string[] {
  return validUntil > Date.now() ? [] : [`${name}: the certificate expired on ${new Date(validUntil).toISOString().slice(0, 10)}.`];
}

function policyProblems(enforcement?: Settings['enforcement']): string[] {
  try {
    readPolicyFile(enforcement?.POLICY_FILE);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => (problem.startsWith('POLICY_FILE') ? problem : `POLICY_FILE: ${problem}`));
  }
}

import { createOktaClient, type OktaClient, type OktaCredentials } from '../../src/okta/client.js';
import { oktaContract } from '../sandbox/contract.js';
import type { HttpDouble } from '../sandbox/http-double.js';
import { startOkta, type OktaDouble, type OktaOptions } from '../sandbox/okta/server.js';
import { serviceApp } from '../upstreams/okta-subject.js';

const doubles: HttpDouble[] = [];

/** Closes every double of the test; throws where a vendor's contract was violated. */
export async function closeDoubles(): Promise<void> {
  const closed = doubles.splice(0);
  await Promise.all(closed.map((double) => double.close()));
  const violations = closed.flatMap((double) => double.violations());
  if (violations.length > 0) throw new Error(`Contract violations:\n${violations.join('\n')}`);
}

/** Has the double closed by `closeDoubles`. */
export function closing<Double extends HttpDouble>(double: Double): Double {
  doubles.push(double);
  return double;
}

/** An org that knows the service app of these tests and demands DPoP. */
export async function org(options: OktaOptions = {}): Promise<OktaDouble> {
  return closing(await startOkta({ credentials: serviceApp.registered, requireDpop: true, contract: oktaContract(), ...options }));
}

/** A client of the double. */
export function clientOf(double: HttpDouble, credentials: OktaCredentials = serviceApp.credentials): OktaClient {
  return createOktaClient({ orgUrl: double.url, credentials, timeoutMs: 2_000 });
}

/** A search that finds no device. */
export const nothing = { udid: ['none'], serialNumber: [] };

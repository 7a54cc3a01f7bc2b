import { randomUUID } from 'node:crypto';
import { UpstreamFailure } from '../failure.js';
import { connectGraph, tokenRequest, type EntraOptions } from './client.js';
import { exchangeToken } from './token-exchange.js';
import { mailFilter, proxyAddressFilter, userPath } from './user-address.js';

/** RFC 2606 reserves `.invalid`: nobody has this address. */
const nobody = 'posture-relay-doctor@nobody.invalid';

/** Finds out what the relay may do in a tenant without doing it. All of it throws `UpstreamFailure`. */
export type EntraProbe = {
  /** One exchange of the app's secret or certificate for a token; when that expires, milliseconds since 1970. */
  exchangeToken(): Promise<number>;
  /** Asks for the sign-out of a random object id; resolves where Graph answers that there is no such user. */
  tryRevokingNobody(): Promise<void>;
  /** Looks for users with a mail address that nobody has; resolves where Graph allows the question. */
  tryMailLookUp(): Promise<void>;
  /** The same for proxy addresses, which need a further permission. */
  tryProxyAddressLookUp(): Promise<void>;
};

/** A probe of one tenant; throws like `createEntraClient`. */
export function createEntraProbe(options: EntraOptions): EntraProbe {
  const graph = connectGraph(options);
  return {
    exchangeToken: async () => (await exchangeToken(tokenRequest(options))).expiresAt,
    tryRevokingNobody: async () => {
      const path = userPath(randomUUID()) ?? '';
      const answer = await graph.revokeSignInSessions(path).catch(notFound);
      if (answer === null) return;
      throw new UpstreamFailure({ upstream: 'entra', operation: 'revokeSignInSessions', kind: 'garbage', status: answer.status });
    },
    tryMailLookUp: async () => void (await graph.listUsers(mailFilter(nobody))),
    tryProxyAddressLookUp: async () => void (await graph.listUsers(proxyAddressFilter(nobody))),
  };
}

function notFound(error: unknown): null {
  if (error instanceof UpstreamFailure && error.details.kind === 'not_found') return null;
  throw error;
}

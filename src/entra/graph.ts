import { Client, ResponseType, type GraphRequest } from '@microsoft/microsoft-graph-client';
import type { z } from 'zod';
import { UpstreamFailure } from '../failure.js';
import type { Answered, HttpAnswer } from '../http-call.js';
import { parseJson } from '../json.js';
import type { TokenSource } from '../token-source.js';
import { graphFailure, type GraphOperation } from './answer.js';
import { DeadlineSender, OperationName, PinnedBearer, uncarried, type Sending } from './middleware.js';
import { revocation, userList } from './schema.js';
import type { AccessToken } from './token-exchange.js';

/** The two Graph v1.0 operations we use. Both throw `UpstreamFailure`. */
export type Graph = {
  /** `POST <userPath>/revokeSignInSessions`; any 2xx is an answer, `value: false` one that we cannot take for a success. */
  revokeSignInSessions(userPath: string): Promise<Answered<z.infer<typeof revocation>>>;
  /** `GET /users` with a filter, not encoded yet; two entries at most, which is enough to see that an address is not unique. */
  listUsers(filter: string): Promise<Answered<z.infer<typeof userList>>>;
};

const revoke: GraphOperation = { operation: 'revokeSignInSessions', changes: true };
const list: GraphOperation = { operation: 'listUsers', changes: false };

/** Graph at one origin, through the vendor's client for building requests only: retries, redirects and error parsing are left out. */
export function createGraph(origin: string, tokens: TokenSource<AccessToken>, sending: Sending): Graph {
  const client = Client.initWithMiddleware({
    baseUrl: origin,
    defaultVersion: 'v1.0',
    middleware: [new PinnedBearer(origin, tokens), new DeadlineSender(sending)],
  });
  const request = (path: string, { operation }: GraphOperation): GraphRequest =>
    client.api(path).responseType(ResponseType.RAW).middlewareOptions([new OperationName(operation)]);

  return {
    revokeSignInSessions: async (userPath) => {
      const answer = await answered(revoke, request(`${userPath}/revokeSignInSessions`, revoke).post({}));
      return understood(revoke, answer.body === '' ? { ...answer, body: '{}' } : answer, revocation);
    },
    listUsers: async (filter) => {
      const query = request('/users', list).filter(encodeURIComponent(filter)).select('id,userPrincipalName,mail').top(2);
      return understood(list, await answered(list, query.get()), userList);
    },
  };
}

async function answered(operation: GraphOperation, sent: Promise<Response>): Promise<HttpAnswer> {
  const response = await sent.catch((error: unknown) => {
    throw uncarried(error);
  });
  const answer = { status: response.status, headers: response.headers, body: await response.text() };
  const failure = graphFailure(operation, answer);
  if (failure !== null) throw failure;
  return answer;
}

function understood<T>({ operation }: GraphOperation, answer: HttpAnswer, schema: z.ZodType<T>): Answered<T> {
  const { status, headers, body } = answer;
  const requestId = headers.get('request-id');
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return { value: parsed.data, status, requestId };
  throw new UpstreamFailure({ upstream: 'entra', operation, kind: 'garbage', status, requestId: requestId ?? undefined });
}

/** `read` changes nothing, `act` does (where the client can change anything at all). */
export type Method = 'read' | 'act';
export const methods: Method[] = ['read', 'act'];

/** What can go wrong with one request of a resource, whoever the vendor is. */
export type ResourceFault =
  | 'unauthorized'
  | 'forbidden'
  | 'missing'
  | 'bad_request'
  | 'throttled'
  | 'unavailable'
  | 'reset'
  | 'hang'
  | 'html';

/** `refused`: the credentials are wrong; `unavailable`: 503. */
type TokenFault = 'refused' | 'unavailable';

/** One client, new and without a token, together with the sandbox that it talks to. */
export type ConformanceSubject = {
  /** A call that changes nothing. */
  read(): Promise<unknown>;
  /** A call that changes something; of a client that only reads, another kind of read. */
  act(): Promise<unknown>;
  onlyReads?: true;
  /** A read of the object with this id, and the only path under which the vendor may see it. */
  readById(id: string): Promise<unknown>;
  pathOf(id: string): string;
  /** The next `times` requests of `read`, `act` and `readById` meet the fault; later ones succeed. */
  order(fault: ResourceFault, times: number): void;
  /** Every request to the token endpoint meets the fault, until `healToken`. */
  orderToken(fault: TokenFault): void;
  healToken(): void;
  /** The vendor no longer accepts the tokens that it has issued; new ones are accepted. */
  expireTokens(): void;
  /** The wait, in milliseconds, that `throttled` announces. */
  announcedWait: { atLeastMs: number; atMostMs: number };
  /** The paths of all requests except those to the token endpoint, in order, still encoded. */
  requestedPaths(): string[];
  /** Requests to the token endpoint, and how many of them one cold exchange takes (2 where a nonce is demanded first). */
  tokenRequests(): number;
  requestsPerColdExchange: number;
  /** Keys, assertions, tokens: everything that no error may carry. Asked after the calls. */
  secrets(): string[];
  close(): Promise<void>;
};

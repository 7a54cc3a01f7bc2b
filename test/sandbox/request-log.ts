/** One request that a double received. */
export type RecordedRequest = {
  /** Milliseconds since the epoch. */
  at: number;
  /** When its head had come, before the double did anything with it: milliseconds of `performance.now()`. */
  arrivedAt: number;
  method: string;
  /** Path with query, raw. */
  path: string;
  headers: Record<string, string>;
  body: string;
  /** The vendor's name of the operation; null: no such operation. */
  operation: string | null;
  /** Null as long as no answer was sent, for ever where none was. */
  status: number | null;
};

type RequestLog = {
  requests: RecordedRequest[];
  received: (request: RecordedRequest) => void;
  answered: (request: RecordedRequest, status: number) => void;
  onRequest: (predicate: (request: RecordedRequest) => boolean) => Promise<RecordedRequest>;
  calls: (operation: string) => RecordedRequest[];
};

/** Records requests and lets tests wait for one, on its arrival or (predicates on `status`) on its answer. */
export function createRequestLog(): RequestLog {
  const requests: RecordedRequest[] = [];
  let waiting: { predicate: (request: RecordedRequest) => boolean; resolve: (request: RecordedRequest) => void }[] = [];

  function announce(request: RecordedRequest): void {
    const matching = waiting.filter(({ predicate }) => predicate(request));
    waiting = waiting.filter((waiter) => !matching.includes(waiter));
    for (const { resolve } of matching) resolve(request);
  }

  return {
    requests,
    received: (request) => {
      requests.push(request);
      announce(request);
    },
    answered: (request, status) => {
      request.status = status;
      announce(request);
    },
    onRequest: async (predicate) => {
      const recorded = requests.find(predicate);
      return recorded ?? new Promise((resolve) => waiting.push({ predicate, resolve }));
    },
    calls: (operation) => requests.filter((request) => request.operation === operation),
  };
}

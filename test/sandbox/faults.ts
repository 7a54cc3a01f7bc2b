import type { RecordedRequest } from './request-log.js';

/** Something that goes wrong between a client and the vendor. */
export type Fault =
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** Waits, then answers as usual, this long after the request's arrival. */
  | { kind: 'delay'; ms: number }
  /** Never answers; the connection stays open until the double closes. */
  | { kind: 'hang' }
  /** The connection breaks before the request is handled. */
  | { kind: 'reset' }
  /** The request is handled and changes state, then the connection breaks: the uncertain case. */
  | { kind: 'reset_after' }
  /** 200 with HTML, as a proxy's login page. */
  | { kind: 'garbage' };

export type FaultOrder = {
  fault: Fault;
  /** The vendor's name of the operation, e.g. `suspendDevice`; absent: every operation. */
  operation?: string;
  /** How many requests are hit; absent: all of them until the orders are cleared. */
  times?: number;
  /** Only requests whose path contains this, raw or decoded. */
  object?: string;
};

type FaultBook = {
  order: (order: FaultOrder) => void;
  clear: () => void;
  /** The fault for this request, counted as used; the oldest matching order wins. */
  take: (request: RecordedRequest) => Fault | null;
};

/** Keeps the faults a test has ordered. */
export function createFaultBook(): FaultBook {
  let orders: { order: FaultOrder; left: number }[] = [];
  return {
    order: (order) => void orders.push({ order, left: order.times ?? Infinity }),
    clear: () => {
      orders = [];
    },
    take: (request) => {
      const entry = orders.find(({ order, left }) => left > 0 && matches(order, request));
      if (!entry) return null;
      entry.left -= 1;
      return entry.order.fault;
    },
  };
}

function matches({ operation, object }: FaultOrder, request: RecordedRequest): boolean {
  if (operation !== undefined && operation !== request.operation) return false;
  return object === undefined || request.path.includes(object) || decoded(request.path).includes(object);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** One request as it came over the wire: nothing is decoded or normalised, so that encoding mistakes stay visible. */
export type DoubleRequest = {
  method: string;
  /** `http://127.0.0.1:port` as the client addressed it. */
  origin: string;
  /** Path with query, raw. */
  path: string;
  /** Path without query, raw. */
  pathname: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: string;
};

/** What a double answers; `body` is sent as JSON, an absent one as nothing at all. */
export type DoubleAnswer = {
  status: number;
  headers?: Record<string, string | string[]>;
  body?: unknown;
};

/** Fields of a form-encoded or JSON body, each as text. */
export function formFields(request: DoubleRequest): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(request.body));
}

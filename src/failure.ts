/** The systems whose calls can fail. */
export const upstreams = ['okta', 'entra', 'uem'] as const;
export type Upstream = (typeof upstreams)[number];

/**
 * Why a call to an upstream failed, as far as it decides what to do next. Nobody branches on a message text.
 *
 * | kind          | meaning                                               | consequence                          |
 * |---------------|-------------------------------------------------------|--------------------------------------|
 * | `transient`   | 5xx, 408, a stranger's 404, connection or time lost   | try again with back-off              |
 * | `throttled`   | 429; `waitMs` says how long                           | wait, no attempt spent               |
 * | `credentials` | token endpoint refuses us, or 401 after one renewal   | the upstream is blocked for everyone |
 * | `permission`  | 403                                                   | blocked once two objects are refused |
 * | `not_found`   | 404, in the vendor's own words                        | the caller decides                   |
 * | `rejected`    | any other 4xx: this object, for good                  | give up on the object                |
 * | `garbage`     | an answer that is not what the contract says          | give up on the object                |
 */
export type UpstreamFailureKind =
  | 'transient'
  | 'throttled'
  | 'credentials'
  | 'permission'
  | 'not_found'
  | 'rejected'
  | 'garbage';

export type UpstreamFailureDetails = {
  upstream: Upstream;
  kind: UpstreamFailureKind;
  /** The vendor's name of the operation, e.g. `suspendDevice`. */
  operation: string;
  status?: number | undefined;
  /** The vendor's error code, e.g. `E0000001`, `invalid_client`, `Authorization_RequestDenied`. */
  code?: string | undefined;
  requestId?: string | undefined;
  /** Milliseconds to wait, for `throttled`. */
  waitMs?: number | undefined;
  /** True when the request may have been carried out although no usable answer came. */
  uncertain?: boolean | undefined;
};

/** How vendors write their codes; what an answer says in place of one must not get into a message. */
const codeForm = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** A call that failed. Its message is composed of the vendor's names and codes only, never of an answer's text. */
export class UpstreamFailure extends Error {
  readonly details: UpstreamFailureDetails;

  constructor(details: UpstreamFailureDetails) {
    const { upstream, operation, kind, status } = details;
    const code = details.code !== undefined && codeForm.test(details.code) ? details.code : undefined;
    super([`${upstream} ${operation}: ${kind}`, status && `HTTP ${status}`, code].filter(Boolean).join(', '));
    this.name = 'UpstreamFailure';
    this.details = { ...details, code };
  }
}

import { UpstreamFailure, type UpstreamFailureDetails } from '../../src/failure.js';

/** What the call threw; undefined where it succeeded. */
export async function caught(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** The details of the failure that the call must end with. */
export async function failure(call: Promise<unknown>): Promise<UpstreamFailureDetails> {
  const error = await caught(call);
  if (error instanceof UpstreamFailure) return error.details;
  throw new Error('expected an UpstreamFailure', { cause: error });
}

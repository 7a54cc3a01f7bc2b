import { UpstreamFailure } from '../src/failure.js';
import type { Log } from '../src/log.js';
import type { OktaClient } from '../src/okta/client.js';

const askAgainAfterMs = 600_000;
const retryAfterMs = 30_000;

/**
 * Who we are in Okta's System Log, as it was found out last; null where we may not read that log, or do not know yet. Asking goes on in
 * the background, from the start and every ten minutes, so that no device waits for it.
 */
export function watchLogActor(okta: Pick<OktaClient, 'logActor'>, { log, now }: { log: Log; now: () => number }): () => string | null {
  let known: string | null | undefined;
  let askAt = -Infinity;

  async function ask(): Promise<void> {
    askAt = now() + askAgainAfterMs;
    try {
      const found = await okta.logActor();
      if (found === null && known !== null) log.warn('Okta\'s System Log cannot be read: every device is looked up before it is suspended');
      else if (found !== null && known !== found) log.info('Okta\'s System Log can be read');
      known = found;
    } catch (error) {
      askAt = now() + retryAfterMs;
      log.warn({ error: error instanceof UpstreamFailure ? error.message : error }, 'could not find out whether Okta\'s System Log can be read');
    }
  }

  const current = () => {
    if (now() >= askAt) void ask();
    return known ?? null;
  };
  current();
  return current;
}

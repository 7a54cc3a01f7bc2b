import { createOktaClient } from '../../src/okta/client.js';
import { FleetIndex } from '../../src/store/fleet-index.js';
import { benchToken, type Stage } from './stage.js';

/** Has every device of Okta in the fleet index, from a listing as a sweep makes it. */
export async function warmIndex({ okta, redis, oktaIds }: Stage): Promise<void> {
  const index = new FleetIndex(redis.connect(), '{relay}');
  const client = createOktaClient({ orgUrl: okta.url, credentials: { kind: 'token', token: () => benchToken }, timeoutMs: 10_000 });
  const listing = { id: 'bench', seenAt: Date.now() };
  let after: string | undefined;
  do {
    const { value } = await client.listDevicesPage(after);
    await index.learnListed(value.records, listing);
    after = value.next;
  } while (after !== undefined);
  const known = await index.size();
  if (known !== oktaIds.length) throw new Error(`The index holds ${known} of ${oktaIds.length} devices.`);
}

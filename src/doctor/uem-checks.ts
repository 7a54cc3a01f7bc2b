import { UpstreamFailure } from '../failure.js';
import { createUemClient, type UemOptions } from '../uem/client.js';
import { clockOf, type Clock } from './clocks.js';
import { check, failing, type Check, type CheckId, type Finding } from './report.js';

type UemSubject = { options: UemOptions; deadlineMs: number; now: () => number };

export const uemCheckIds = ['uem_devices'] as const satisfies CheckId[];

/** Whether UEM's REST API lets the relay list devices, which sweeps and confirmations need. Reads one page. */
export async function examineUem({ options, deadlineMs, now }: UemSubject): Promise<{ checks: Check[]; clocks: Clock[] }> {
  const clocks: Clock[] = [];
  const onAnswer: UemOptions['onAnswer'] = (_operation, { headers }) => {
    const clock = clockOf('UEM', headers, now());
    if (clocks.length === 0 && clock !== null) clocks.push(clock);
  };
  return { checks: [await check('uem_devices', deadlineMs, () => examineSearch({ ...options, onAnswer }))], clocks };
}

async function examineSearch(options: UemOptions): Promise<Finding> {
  try {
    const { value } = await createUemClient(options).searchDevices(0);
    const devices = value.total ?? value.devices.length;
    return { status: 'ok', measured: `lists ${devices}${value.total === null && !value.last ? ' or more' : ''} devices`, values: { devices } };
  } catch (error) {
    const advice = error instanceof UpstreamFailure ? adviceOn(error, options) : undefined;
    return { ...failing(error), ...(advice !== undefined && { advice }), ...(isThrottled(error) && { status: 'warn' }) };
  }
}

/** The relay does without UEM's answers, and they may be used up until tomorrow. */
function isThrottled(error: unknown): boolean {
  return error instanceof UpstreamFailure && error.details.kind === 'throttled';
}

function adviceOn({ details: { kind, operation, code } }: UpstreamFailure, { credentials }: UemOptions): string | undefined {
  if (operation === 'token' && kind === 'credentials') return refusedClient;
  if (kind === 'credentials') return credentials.kind === 'oauth' ? refusedToken : refusedPassword;
  if (code === 'empty_inventory') return 'UEM shows this account no device: check its organisation group and role. Sweeps end without acting, and confirmations find nothing.';
  return adviceByKind.get(kind);
}

const refusedClient =
  'The token endpoint refuses the OAuth client: compare UEM_OAUTH_CLIENT_ID and its secret with Settings > Configurations > OAuth Client Management, and UEM_OAUTH_TOKEN_URL with the region of the data centre.';
const refusedToken = 'UEM refuses the token: UEM_OAUTH_TOKEN_URL must be of the region that UEM_API_URL is in, and the OAuth client of this tenant.';
const refusedPassword = 'UEM refuses the administrator: check UEM_API_USERNAME, UEM_API_PASSWORD and UEM_TENANT_CODE (System > Advanced > API > REST API).';

const adviceByKind = new Map([
  ['permission', 'Let the role of the API account read devices over REST, and no more than read.'],
  ['not_found', 'UEM_API_URL is not the API server: https://asNNN.awmdm.com where the console is https://cnNNN.awmdm.com.'],
  ['throttled', 'The tenant\'s calls are used up, often for the day: until they are renewed sweeps wait, and events count without confirmation.'],
]);

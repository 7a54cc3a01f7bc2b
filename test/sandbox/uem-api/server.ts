import { randomUUID } from 'node:crypto';
import { startHttpDouble, type HttpDouble } from '../http-double.js';
import type { DoubleAnswer, DoubleRequest } from '../http-message.js';
import { createMatcher } from '../path-template.js';
import { createAccess, uemError, type UemApiCredentials } from './access.js';
import { getDevice, searchDevices } from './devices.js';
import { createInventory, type Inventory } from './inventory.js';

export type UemApiOptions = {
  port?: number | undefined;
  tokenLifetimeSeconds?: number;
  /** How many calls the tenant may make a day. */
  dailyCalls?: number;
} & Partial<UemApiCredentials>;

export type UemApiDouble = HttpDouble &
  UemApiCredentials & {
    tokenUrl: string;
    inventory: Inventory;
    /** The OAuth client and the administrator are refused from now on, or accepted again. */
    rejectCredentials: (rejected: boolean) => void;
    expireTokens: () => void;
  };

const operations = [
  { name: 'token', method: 'POST', path: '/connect/token' },
  { name: 'searchDevices', method: 'GET', path: '/api/mdm/devices/search' },
  { name: 'getDevice', method: 'GET', path: '/api/mdm/devices/{id}' },
] as const;

const aDay = 86_400_000;

/**
 * Starts a double of UEM's REST API, as far as its documentation and recordings tell: its token endpoint and its devices, on one origin. It knows
 * nothing that changes a device: a request for that is a violation.
 */
export async function startUemApi(options: UemApiOptions = {}): Promise<UemApiDouble> {
  const credentials: UemApiCredentials = {
    clientId: options.clientId ?? randomUUID(),
    clientSecret: options.clientSecret ?? `secret-${randomUUID()}`,
    username: options.username ?? 'api-reader',
    password: options.password ?? `password-${randomUUID()}`,
    tenantCode: options.tenantCode ?? `tenant-${randomUUID()}`,
  };
  const access = createAccess(credentials, options.tokenLifetimeSeconds ?? 3_600);
  const inventory = createInventory();
  const count = createDailyLimit(options.dailyCalls ?? 250_000);
  const find = createMatcher(operations);
  const match = ({ method, pathname }: DoubleRequest) => find(method, pathname.replace(/^\/api\//i, '/api/'));

  async function answer(request: DoubleRequest): Promise<DoubleAnswer> {
    const found = match(request);
    if (found?.operation.name === 'token') return access.issue(request);
    const { allowed, headers } = count();
    const answered = allowed ? answerApi(request, found) : uemError(429, 429, 'API calls quota exceeded.');
    return { ...answered, headers };
  }

  function answerApi(request: DoubleRequest, found: ReturnType<typeof match>): DoubleAnswer {
    if (!access.accepts(request)) return uemError(401, 1005, 'User credentials are invalid.');
    if (found?.operation.name === 'searchDevices') return searchDevices(request, inventory);
    return found ? getDevice(found.params['id'] ?? '', inventory) : { status: 404 };
  }

  const double = await startHttpDouble({ port: options.port, operationOf: (request) => match(request)?.operation.name ?? null, answer });
  const { rejectCredentials, expireTokens } = access;
  return { ...double, ...credentials, tokenUrl: `${double.url}/connect/token`, inventory, rejectCredentials, expireTokens };
}

/** Counts calls in days from the first, with the headers of every answer. */
function createDailyLimit(limit: number): () => { allowed: boolean; headers: Record<string, string> } {
  const reset = String(Math.ceil((Date.now() + aDay) / 1_000));
  let used = 0;
  return () => {
    used += 1;
    const remaining = String(Math.max(0, limit - used));
    const rate = { 'x-ratelimit-limit': String(limit), 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset };
    return { allowed: used <= limit, headers: { 'api-supported-versions': '1, 2, 3', ...rate } };
  };
}

import { createUemClient, type UemOptions } from '../../src/uem/client.js';
import type { NewInventoryDevice } from '../sandbox/uem-api/inventory.js';
import { startUemApi, type UemApiDouble, type UemApiOptions } from '../sandbox/uem-api/server.js';

/** A sandbox UEM and the options of an OAuth client for it. */
export async function startTenant(settings: UemApiOptions = {}): Promise<{ uem: UemApiDouble; options: UemOptions }> {
  const uem = await startUemApi(settings);
  const { url, tokenUrl, clientId, clientSecret } = uem;
  return { uem, options: { apiUrl: url, credentials: { kind: 'oauth', tokenUrl, clientId, clientSecret: () => clientSecret }, timeoutMs: 2_000 } };
}

/** The same with an OAuth client that has its token. */
export async function startClient(settings: UemApiOptions = {}) {
  const { uem, options } = await startTenant(settings);
  return { uem, options, client: createUemClient(options) };
}

/** So many iPhones with ids from 1. */
export function iphones(count: number): NewInventoryDevice[] {
  return Array.from({ length: count }, (_, index) => iphone({ deviceId: index + 1 }));
}

/** An iPhone whose identifiers follow from its id. */
export function iphone({ deviceId, ...rest }: Pick<NewInventoryDevice, 'deviceId'> & Partial<NewInventoryDevice>): NewInventoryDevice {
  const text = String(deviceId).padStart(8, '0');
  return { platform: 'iphone', deviceId, udid: `00008120-${text}`, serialNumber: `C0${text}`, email: `user${deviceId}@example.com`, userName: `user${deviceId}`, ...rest };
}

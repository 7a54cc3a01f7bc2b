import { uemBody, type UemBody } from '../sandbox/uem.js';
import type { UemDevice } from '../sandbox/uem-device.js';

/** The iPhone number `n` and its only user: the same identifiers every time. */
export function deviceNumber(n: number): UemDevice & { key: string } {
  const digits = String(n).padStart(8, '0');
  const udid = `00008120-0000BE7C${digits}`;
  const userName = `user${digits}`;
  const key = `udid:${udid.replaceAll('-', '').toLowerCase()}`;
  return { platform: 'iphone', deviceId: 100_000 + n, udid, serialNumber: `C0BE${digits}`, userName, email: `${userName}@example.com`, key };
}

export type Wave = {
  firstDevice: number;
  complianceStatus: 'NonCompliant' | 'Compliant';
  /** Milliseconds since 1970 of the first event; each further one is a millisecond newer. */
  firstEventAt: number;
};

/** The `index`-th event of a wave: every one is about another device. */
export function eventOfWave({ firstDevice, complianceStatus, firstEventAt }: Wave, index: number): UemBody {
  return uemBody({ ...deviceNumber(firstDevice + index), complianceStatus, eventTime: new Date(firstEventAt + index) });
}

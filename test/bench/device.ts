import { compromisedBody, uemBody, type UemBody } from '../sandbox/uem.js';
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
  /** Every how-manyeth device is compromised; absent: none is. */
  compromisedEvery?: number | undefined;
};

/** The `index`-th event of a wave: every one is about another device. */
export function eventOfWave(wave: Wave, index: number): UemBody {
  const { firstDevice, complianceStatus, firstEventAt } = wave;
  const event = { ...deviceNumber(firstDevice + index), complianceStatus, eventTime: new Date(firstEventAt + index) };
  return isCompromised(wave, index) ? compromisedBody(event) : uemBody(event);
}

/** Whether the `index`-th event of a wave says that its device is compromised. */
export function isCompromised({ compromisedEvery }: Wave, index: number): boolean {
  return compromisedEvery !== undefined && (index + 1) % compromisedEvery === 0;
}

import type { UemDevice } from '../sandbox/uem-device.js';

/** The name under which the relay remembers a device. */
export function keyOf({ uem }: { uem: Pick<UemDevice, 'platform' | 'udid' | 'serialNumber'> }): string {
  const desktop = uem.platform === 'windows' || uem.platform === 'mac';
  const identifier = desktop ? uem.serialNumber : uem.udid;
  return `${desktop ? 'serial' : 'udid'}:${identifier.trim().toLowerCase().replaceAll('-', '')}`;
}

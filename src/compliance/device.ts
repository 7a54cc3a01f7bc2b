import type { DeviceClass } from './event.js';
import type { DeviceRecord } from './record.js';

/** `udid:<normalised>` or `serial:<normalised>`: names one device in everything that we remember. */
export type DeviceKey = string;

type Identifiers = { deviceClass: DeviceClass | null; udid: string | null; serialNumber: string | null };

/** Trimmed, case-folded, dashes stripped: two spellings of one identifier give the same text. */
export function normaliseIdentifier(identifier: string): string {
  return identifier.trim().toLowerCase().replaceAll('-', '');
}

/** The keys under which a device may be known, the right one first; with an unknown class both identifiers are tried. */
export function deviceKeys({ deviceClass, udid, serialNumber }: Identifiers): DeviceKey[] {
  const byUdid = udid === null ? [] : [`udid:${normaliseIdentifier(udid)}`];
  const bySerial = serialNumber === null ? [] : [`serial:${normaliseIdentifier(serialNumber)}`];
  return deviceClass === 'desktop' ? [...bySerial, ...byUdid] : [...byUdid, ...bySerial];
}

/** The key of the device to which a directory record belongs, by its own class and identifier; null where it has not got them. */
export function keyOfRecord({ deviceClass, udid, serialNumber }: DeviceRecord): DeviceKey | null {
  const identifier = normaliseIdentifier((deviceClass === 'mobile' ? udid : serialNumber) ?? '');
  if (deviceClass === null || identifier === '') return null;
  return deviceClass === 'mobile' ? `udid:${identifier}` : `serial:${identifier}`;
}

/** Whether the class of the device lets it be keyed by an identifier that the event carries. */
export function hasUsableIdentifier({ deviceClass, udid, serialNumber }: Identifiers): boolean {
  if (deviceClass === 'mobile') return udid !== null;
  if (deviceClass === 'desktop') return serialNumber !== null;
  return udid !== null || serialNumber !== null;
}

/** What to ask the directory for: UDID for mobiles, serial number for desktops, both where the class is unknown. */
export function searchSpellings(identifiers: Identifiers): { udid: string[]; serialNumber: string[] } {
  const { deviceClass, udid, serialNumber } = identifiers;
  return {
    udid: deviceClass === 'desktop' || udid === null ? [] : udidSpellings(udid),
    serialNumber: deviceClass === 'mobile' || serialNumber === null ? [] : unique([serialNumber, serialNumber.replaceAll('-', '')]),
  };
}

const dashedAt = new Map([
  [32, [8, 12, 16, 20]], // UUID, as Okta shows a Mac; UEM sends it without dashes
  [24, [8]], // iPhone since A12: 00008020-001A5D1E21E2002E
]);

/** Every spelling of a UDID that the directory may hold; letter case does not matter there, dashes do. */
function udidSpellings(udid: string): string[] {
  const bare = udid.replaceAll('-', '');
  const cuts = /^[0-9a-f]+$/i.test(bare) ? dashedAt.get(bare.length) : undefined;
  const dashed = cuts ? [0, ...cuts].map((start, i) => bare.slice(start, cuts[i])).join('-') : bare;
  return unique([udid, bare, dashed]);
}

function unique(spellings: string[]): string[] {
  return [...new Set(spellings)];
}

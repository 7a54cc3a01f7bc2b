import type { DeviceRecord } from '../compliance/record.js';
import type { Finding } from './report.js';

type Coverage = { platform: string; identifier: string; devices: number; identified: number };

/** By which identifier a device of a platform (in Okta's words) is found. */
const identifiers = new Map<string, { name: string; of: (device: DeviceRecord) => string | null }>([
  ['IOS', { name: 'a UDID', of: ({ udid }) => udid }],
  ['ANDROID', { name: 'a UDID', of: ({ udid }) => udid }],
  ['MACOS', { name: 'a serial number', of: ({ serialNumber }) => serialNumber }],
  ['WINDOWS', { name: 'a serial number', of: ({ serialNumber }) => serialNumber }],
]);

const goodPercent = 90;

/** Judges how many of Okta's devices can be found by what UEM sends; a device without its identifier cannot be suspended. */
export function judgeCoverage({ devices, complete }: { devices: DeviceRecord[]; complete: boolean }): Finding {
  const enrolled = devices.filter(({ status }) => status !== 'deactivated');
  const platforms = [...identifiers.keys()].map((platform) => coverageOf(platform, enrolled)).filter((coverage) => coverage.devices > 0);
  const values = Object.fromEntries(platforms.map((coverage) => [coverage.platform, percent(coverage)]));
  if (platforms.length === 0) {
    return { status: 'warn', measured: 'Okta lists no phone, tablet or computer', advice: 'A device appears in Okta once its user has enrolled Okta Verify on it.', values };
  }
  const identified = platforms.some((coverage) => coverage.identified > 0);
  const status = !identified ? 'fail' : platforms.every((coverage) => percent(coverage) >= goodPercent) ? 'ok' : 'warn';
  const shown = platforms.map((coverage) => `${coverage.platform} ${percent(coverage)} % (${coverage.identified} of ${coverage.devices}) have ${coverage.identifier}`);
  const extent = complete ? `all ${devices.length} devices` : `the first ${devices.length} devices; --pages N looks at more`;
  return { status, measured: `${shown.join(', ')} [${extent}]`, ...(status !== 'ok' && { advice }), values };
}

const advice =
  'The others cannot be suspended (their users are still signed out). On mobiles UEM must put the UDID into Okta Verify\'s managed app configuration.';

function coverageOf(platform: string, devices: DeviceRecord[]): Coverage {
  const identifier = identifiers.get(platform);
  const ofPlatform = devices.filter((device) => device.platform === platform);
  const identified = ofPlatform.filter((device) => identifier?.of(device)).length;
  return { platform, identifier: identifier?.name ?? '', devices: ofPlatform.length, identified };
}

function percent({ devices, identified }: Coverage): number {
  return Math.floor((100 * identified) / devices);
}

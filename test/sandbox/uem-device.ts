/** One enrolled device as Workspace ONE UEM knows it; the names are the sandbox's, the body's keys are UEM's. */
export type UemDevice = {
  platform: UemPlatform;
  deviceId: number;
  udid: string;
  serialNumber: string;
  email: string;
  userName: string;
};

export type UemPlatform = 'iphone' | 'windows' | 'mac' | 'android';

/** UEM's own words for the platform, and identifiers in the form each platform has. */
export const platforms = {
  iphone: { wire: 'Apple', os: '17.4.0', deviceId: 8123, udid: '00008020-001A5D1E21E2002E', serialNumber: 'F2LXKH8DKPH2' },
  windows: { wire: 'WinRT', os: '10.0.19045', deviceId: 5711, udid: '6D8875FB9197E042842E27E6EC2CF1CA', serialNumber: '5CD1234XYZ' },
  mac: { wire: 'AppleOsX', os: '14.5.0', deviceId: 10000, udid: 'D20E0F3D66AF4B92B31E1DA394DF1E88', serialNumber: 'ZL6LTO7H27AB' },
  android: { wire: 'Android', os: '14.0.0', deviceId: 9001, udid: 'a7552b4e433bceaebdf8f8edc0a22746', serialNumber: '' },
} as const;

/** UEM's UUID of a device, made from its numeric id. */
export function deviceUuid(deviceId: number): string {
  return `12345678-1234-4234-9234-${String(deviceId).padStart(12, '0')}`;
}

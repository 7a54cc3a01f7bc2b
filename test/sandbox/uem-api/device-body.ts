import { deviceUuid, platforms } from '../uem-device.js';
import type { InventoryDevice } from './inventory.js';

/** An item of `devices/search`, which is also what `GET devices/{id}` answers to a numeric id. Dates carry no time zone. */
export function flatBody(device: InventoryDevice): Record<string, unknown> {
  const { wire, os } = platforms[device.platform];
  const { deviceId, udid, serialNumber, email, userName } = device;
  return {
    EasIds: {},
    Udid: udid,
    SerialNumber: serialNumber,
    MacAddress: 'ABABABABABAB',
    Imei: '990000862471854',
    EasId: '',
    AssetNumber: udid,
    DeviceFriendlyName: `${userName} ${wire} ${os}`,
    DeviceReportedName: `${userName}-device`,
    LocationGroupId: { Id: { Value: 570 }, Name: 'Corp ', Uuid: deviceUuid(570) },
    LocationGroupName: 'Corp ',
    UserId: { Id: { Value: 11866 }, Name: userName, Uuid: deviceUuid(11866) },
    UserName: userName,
    UserEmailAddress: email,
    EnrollmentUserUuid: '00000000-0000-0000-0000-000000000000',
    DataProtectionStatus: 0,
    Ownership: 'C',
    PlatformId: { Id: { Value: 2 }, Name: wire },
    Platform: wire,
    ModelId: { Id: { Value: 83 }, Name: 'Model' },
    Model: 'Model',
    OperatingSystem: os,
    PhoneNumber: '+15555550100',
    LastSeen: restTime(new Date()),
    EnrollmentStatus: device.enrollmentStatus,
    ComplianceStatus: device.complianceStatus,
    CompromisedStatus: device.compromised,
    LastEnrolledOn: restTime(device.lastEnrolledOn),
    LastComplianceCheckOn: restTime(device.lastComplianceCheckOn),
    LastCompromisedCheckOn: restTime(device.lastComplianceCheckOn),
    Id: { Value: deviceId },
    Uuid: deviceUuid(deviceId),
  };
}

/** What `GET devices/{id}` answers to a UUID. */
export function nestedBody(device: InventoryDevice): Record<string, unknown> {
  const { wire, os } = platforms[device.platform];
  const { deviceId, udid, serialNumber, email, userName, complianceStatus, enrollmentStatus, lastEnrolledOn } = device;
  return {
    Uuid: deviceUuid(deviceId),
    Udid: udid,
    SerialNumber: serialNumber,
    MacAddress: 'ABABABABABAB',
    Imei: '990000862471854',
    FriendlyName: `${userName} ${wire} ${os}`,
    OrganizationGroupName: 'Corp',
    PlatformInfo: { DeviceType: wire, PlatformName: wire, ModelName: 'Model', OsVersion: os },
    CarrierInfo: { PhoneNumber: '+15555550100', RoamingEnabled: false },
    EnrollmentInfo: {
      EnrollmentStatus: enrollmentStatus.toUpperCase(),
      Compliant: complianceStatus === 'Compliant',
      EnrollmentTimestamp: lastEnrolledOn?.toISOString() ?? null,
      Ownership: 'CORPORATE',
      OrganizationGroupName: 'Corp',
      UserName: userName,
      UserEmailAddress: email,
      ManagedBy: 'MDM',
    },
  };
}

function restTime(time: Date | null): string {
  return time === null ? '0001-01-01T00:00:00.000' : time.toISOString().replace('Z', '');
}

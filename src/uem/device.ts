import { z } from 'zod';
import type { Version } from '../compliance/version.js';
import { pickFields, readEvent } from './event.js';
import type { UemRecord } from './record.js';
import { readUemTime } from './time.js';

const text = z.string().nullish().catch(null);

/** UEM has a device's ownership as a letter here and as a word in its webhooks; only one pair of them is known, the others say nothing. */
const ownershipByLetter = new Map([['C', 'CorporateDedicated']]);

/** An item of `devices/search`, and what `GET devices/{id}` answers to a numeric id: version 1. */
const flatDevice = z
  .looseObject({ Id: z.object({ Value: z.int().positive() }), Ownership: text, LastComplianceCheckOn: text, LastEnrolledOn: text })
  .transform(({ Id, Ownership, LastComplianceCheckOn, LastEnrolledOn, ...rest }) => ({
    id: String(Id.Value),
    fields: pickFields({
      ...rest,
      DeviceId: Id.Value,
      EnrollmentEmailAddress: rest['UserEmailAddress'],
      EnrollmentUserName: rest['UserName'],
      OrganizationGroupName: rest['LocationGroupName'],
      Ownership: ownershipByLetter.get(Ownership ?? '') ?? null,
    }),
    checkedAt: LastComplianceCheckOn,
    enrolledAt: LastEnrolledOn,
  }));

/**
 * What newer versions of `GET devices/{id}` answer. They tell neither the numeric id nor when compliance was checked, and `Compliant: false` may
 * mean that it has not been checked yet.
 */
const nestedDevice = z
  .looseObject({
    EnrollmentInfo: z.looseObject({ Compliant: z.boolean(), EnrollmentStatus: z.string(), EnrollmentTimestamp: text }),
    PlatformInfo: z.looseObject({}).nullish(),
  })
  .transform(({ EnrollmentInfo, PlatformInfo, ...rest }) => ({
    id: null,
    fields: pickFields({
      Udid: rest['Udid'],
      SerialNumber: rest['SerialNumber'],
      DeviceFriendlyName: rest['FriendlyName'],
      EnrollmentEmailAddress: EnrollmentInfo['UserEmailAddress'],
      EnrollmentUserName: EnrollmentInfo['UserName'],
      OrganizationGroupName: EnrollmentInfo['OrganizationGroupName'],
      EnrollmentStatus: EnrollmentInfo.EnrollmentStatus,
      ComplianceStatus: EnrollmentInfo.Compliant ? 'Compliant' : null,
      Platform: PlatformInfo?.['PlatformName'],
    }),
    checkedAt: null,
    enrolledAt: EnrollmentInfo.EnrollmentTimestamp,
  }));

/** A device in either shape. */
export const device = z.union([flatDevice, nestedDevice]);
type Device = z.infer<typeof device>;

/** A page of `devices/search`. A total that is no number is not believed. */
export const devicePage = z.object({
  Devices: z.array(flatDevice),
  PageSize: z.int().positive().nullish().catch(null),
  Total: z.int().nonnegative().nullish().catch(null),
});

/** What a device says, as of `time`. */
export function recordOf({ id, fields, checkedAt, enrolledAt }: Device, time: Version): UemRecord {
  const event = { ...readEvent(fields), time };
  return { event: id === null ? event : { ...event, enrolment: id }, checkedAt: readUemTime(checkedAt ?? null), enrolledAt: readUemTime(enrolledAt ?? null) };
}

import { describe, expect, test } from '@jest/globals';
import type { DeviceRecord, RecordStatus } from '../../src/compliance/record.js';
import { UpstreamFailure, type UpstreamFailureDetails } from '../../src/failure.js';
import { changeStatus } from '../../src/okta/lifecycle.js';

const noDelays = [0, 0, 0, 0];
const record = (status: RecordStatus): DeviceRecord => ({ id: 'guo1', status, deviceClass: null, udid: null, serialNumber: null, tpmHash: null, users: [] });
const refused = (details: Partial<UpstreamFailureDetails>): UpstreamFailure =>
  new UpstreamFailure({ upstream: 'okta', operation: 'suspendDevice', kind: 'rejected', ...details });
const wrongStatus = refused({ status: 400, code: 'E0000001' });

/** A suspension that Okta answers as given, on a device that reads show in these statuses, the last one for ever. */
function suspension(sent: number | UpstreamFailure, statuses: RecordStatus[]) {
  const reads: RecordStatus[] = [];
  const change = {
    operation: 'suspendDevice' as const,
    target: 'suspended' as const,
    send: async () => {
      if (typeof sent !== 'number') throw sent;
      return { status: sent, headers: new Headers({ 'x-okta-request-id': 'sent' }), body: '' };
    },
    read: async () => {
      const status = statuses[Math.min(reads.length, statuses.length - 1)] ?? 'other';
      reads.push(status);
      return { value: record(status), status: 200, requestId: 'read' };
    },
  };
  return { change, reads };
}

describe('suspending a device', () => {
  test('204 is the acknowledgement: no read follows', async () => {
    const { change, reads } = suspension(204, ['active']);
    expect(await changeStatus(change, noDelays)).toEqual({ value: 'suspended', status: 204, requestId: 'sent' });
    expect(reads).toEqual([]);
  });

  test.each([
    ['400 E0000001', wrongStatus],
    ['another 2xx', 200],
  ])('after %s the device is read, and one that is suspended already will do', async (_, sent) => {
    const { change, reads } = suspension(sent, ['suspended']);
    expect(await changeStatus(change, noDelays)).toMatchObject({ value: 'suspended', requestId: 'read' });
    expect(reads).toHaveLength(1);
  });

  test('a stale read is not believed: the device is read until it shows the status', async () => {
    const { change, reads } = suspension(wrongStatus, ['active', 'active', 'suspended']);
    expect(await changeStatus(change, noDelays)).toMatchObject({ value: 'suspended' });
    expect(reads).toHaveLength(3);
  });

  test('a deactivated device is an end, not a failure', async () => {
    const { change } = suspension(wrongStatus, ['active', 'deactivated']);
    expect(await changeStatus(change, noDelays)).toMatchObject({ value: 'deactivated' });
  });

  test('a device that never shows the status is not confirmed', async () => {
    const { change, reads } = suspension(wrongStatus, ['active']);
    await expect(changeStatus(change, noDelays)).rejects.toMatchObject({ details: { kind: 'rejected', code: 'not_confirmed' } });
    expect(reads).toHaveLength(5);
  });

  test.each([
    refused({ kind: 'transient', code: 'timeout', uncertain: true }),
    refused({ kind: 'transient', status: 503, uncertain: true }),
    refused({ status: 400, code: 'E0000003' }),
    refused({ kind: 'not_found', status: 404 }),
  ])('$message is thrown on without a read', async (sent) => {
    const { change, reads } = suspension(sent, ['suspended']);
    await expect(changeStatus(change, noDelays)).rejects.toBe(sent);
    expect(reads).toEqual([]);
  });
});

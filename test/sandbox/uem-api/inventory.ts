import type { UemDevice } from '../uem-device.js';

/** A device as UEM's REST API knows it. */
export type InventoryDevice = UemDevice & {
  complianceStatus: string;
  compromised: boolean;
  enrollmentStatus: string;
  /** Null: never; UEM writes the year 1. */
  lastComplianceCheckOn: Date | null;
  lastEnrolledOn: Date | null;
};

/** Absent: an enrolled, healthy device that was checked an hour ago. */
export type NewInventoryDevice = UemDevice & Partial<InventoryDevice>;

export type Inventory = {
  add: (device: NewInventoryDevice) => InventoryDevice;
  change: (deviceId: number, changes: Partial<InventoryDevice>) => void;
  remove: (deviceId: number) => void;
  find: (deviceId: number) => InventoryDevice | undefined;
  size: () => number;
  /** Devices by id, ascending: a view, made without copying the rest. */
  slice: (start: number, end: number) => InventoryDevice[];
};

const anHour = 3_600_000;

/** Keeps devices ordered by id; as many as are wanted. */
export function createInventory(): Inventory {
  const byId = new Map<number, InventoryDevice>();
  let ordered: InventoryDevice[] = [];
  let sorted = true;

  function inOrder(): InventoryDevice[] {
    if (!sorted) ordered.sort((a, b) => a.deviceId - b.deviceId);
    sorted = true;
    return ordered;
  }

  function remove(deviceId: number): void {
    if (byId.delete(deviceId)) ordered = ordered.filter((device) => device.deviceId !== deviceId);
  }

  return {
    add: (fields) => {
      const checked = new Date(Date.now() - anHour);
      const known = { complianceStatus: 'Compliant', compromised: false, enrollmentStatus: 'Enrolled' };
      const device = { ...known, lastComplianceCheckOn: checked, lastEnrolledOn: checked, ...fields };
      remove(device.deviceId);
      byId.set(device.deviceId, device);
      sorted = ordered.length === 0 || (sorted && (ordered.at(-1)?.deviceId ?? 0) < device.deviceId);
      ordered.push(device);
      return device;
    },
    change: (deviceId, changes) => {
      const device = byId.get(deviceId);
      if (!device) throw new Error(`the sandbox's UEM has no device ${deviceId}`);
      Object.assign(device, changes);
    },
    remove,
    find: (deviceId) => byId.get(deviceId),
    size: () => ordered.length,
    slice: (start, end) => inOrder().slice(start, end),
  };
}

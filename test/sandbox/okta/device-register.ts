import type { OktaDevice } from './org.js';
import type { Wanted } from './search.js';

/** The identifiers by which an org finds devices without looking at every one, as a search names them. */
export const identifiers: ReadonlySet<string> = new Set(['profile.udid', 'profile.serialNumber']);

/** An org's devices in the order of their enrolment; a page or a look-up by identifier costs the same in an org of any size. */
export class DeviceRegister {
  readonly #positions = new Map<string, number>();
  /** Null where one was deleted. */
  readonly #inOrder: (OktaDevice | null)[] = [];
  readonly #byIdentifier = new Map<string, OktaDevice[]>();

  get size(): number {
    return this.#positions.size;
  }

  add(device: OktaDevice): void {
    this.#positions.set(device.id, this.#inOrder.push(device) - 1);
    for (const entry of entriesOf(device)) this.#byIdentifier.set(entry, [...(this.#byIdentifier.get(entry) ?? []), device]);
  }

  get(id: string): OktaDevice | undefined {
    const position = this.#positions.get(id);
    return position === undefined ? undefined : (this.#inOrder[position] ?? undefined);
  }

  delete(device: OktaDevice): void {
    const position = this.#positions.get(device.id);
    if (position === undefined) return;
    this.#positions.delete(device.id);
    this.#inOrder[position] = null;
    for (const entry of entriesOf(device)) this.#byIdentifier.set(entry, (this.#byIdentifier.get(entry) ?? []).filter((other) => other !== device));
  }

  all(): OktaDevice[] {
    return this.#inOrder.filter((device) => device !== null);
  }

  /** At most `count` devices after the one with this id, or from the first; null: there is no such device. */
  after(id: string | null, count: number): OktaDevice[] | null {
    const last = id === null ? -1 : this.#positions.get(id);
    if (last === undefined) return null;
    const found: OktaDevice[] = [];
    for (let position = last + 1; position < this.#inOrder.length && found.length < count; position += 1) {
      const device = this.#inOrder[position];
      if (device) found.push(device);
    }
    return found;
  }

  /** The devices that have any of these identifiers, whatever their case, in order. */
  withAny(wanted: readonly Wanted[]): OktaDevice[] {
    const found = new Set(wanted.flatMap((identifier) => this.#byIdentifier.get(entryOf(identifier)) ?? []));
    return [...found].toSorted((a, b) => (this.#positions.get(a.id) ?? 0) - (this.#positions.get(b.id) ?? 0));
  }
}

function entriesOf({ profile: { udid, serialNumber } }: OktaDevice): string[] {
  const values = { 'profile.udid': udid, 'profile.serialNumber': serialNumber };
  return Object.entries(values).flatMap(([attribute, value]) => (value === undefined ? [] : [entryOf({ attribute, value })]));
}

function entryOf({ attribute, value }: Wanted): string {
  return `${attribute} ${value.toLowerCase()}`;
}

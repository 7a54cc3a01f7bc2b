import { lastCompleteSweep } from '../../src/store/reports.js';
import { SweepEnded, type Sweep } from './sweep.js';

const names = { okta: 'Okta', uem: 'UEM' } as const;
/** Fewer devices than that may well halve. */
const fewDevices = 20;

/** Throws `SweepEnded` for an inventory that has lost more than half of its devices, unless a human has said that this is right. */
export async function refuseShrunk({ redis, prefix, acceptShrunk }: Sweep, upstream: keyof typeof names, devices: number): Promise<void> {
  const before = (await lastCompleteSweep(redis, prefix))?.devices[upstream] ?? 0;
  if (acceptShrunk || before < fewDevices || devices * 2 >= before) return;
  throw new SweepEnded('shrunk_inventory', `${names[upstream]} lists ${devices} devices; the last complete sweep saw ${before}.`);
}

import type { Command } from 'commander';
import { normaliseIdentifier } from '../compliance/device.js';
import { NotDone } from './many.js';

export type Choice = { all?: true };

type Chosen = Choice & { names: string[]; isFiltered: boolean };

/**
 * The listed devices that somebody means: those named, those that a filter left, or all of them if that is said. Throws `NotDone` for a name
 * that is not listed, and `CommanderError` where nothing is chosen.
 */
export function chooseKeys<Device extends { key: string }>(command: Command, listed: Device[], { names, all, isFiltered }: Chosen): Device[] {
  if (names.length === 0) {
    if (!all && !isFiltered) command.error('error: name devices, or say --all', { exitCode: 2 });
    return listed;
  }
  const missing = names.filter((name) => !listed.some(({ key }) => isMeant(key, name)));
  if (missing.length > 0) throw new NotDone(`Not in the list: ${missing.join(', ')}. Nothing was done.`);
  return listed.filter(({ key }) => names.some((name) => isMeant(key, name)));
}

function isMeant(key: string, name: string): boolean {
  const wanted = normaliseIdentifier(name);
  return key === wanted || key.slice(key.indexOf(':') + 1) === wanted;
}

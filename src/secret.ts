import { readFileSync, statSync } from 'node:fs';

/** A secret is asked for when it is used, so that a rotated file takes effect without a restart. */
export type Secret = () => string;

/** A secret kept in a file: read again when the file has changed. Throws when it was never readable; one that vanishes keeps its last value. */
export function secretInFile(path: string): Secret {
  let seen = { modified: -1, value: '' };
  return () => {
    const modified = statSync(path, { throwIfNoEntry: seen.modified === -1 })?.mtimeMs ?? seen.modified;
    if (modified !== seen.modified) seen = { modified, value: readFileSync(path, 'utf8').trim() };
    return seen.value;
  };
}

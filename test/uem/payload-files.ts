import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { contractsDirectory } from '../sandbox/contract.js';

const directory = join(contractsDirectory, 'uem-payloads');
const present = existsSync(directory);
if (!present) console.warn(`Skipped: the recorded UEM bodies are not at ${directory}; set CONTRACTS_DIR.`);

/** `describe` where the recorded bodies are at hand, else skipped with a printed reason. */
export const describeRecordedBodies = present ? describe : describe.skip;

/** A recorded request body, byte for byte as it was on the wire. */
export function recordedBody(name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}

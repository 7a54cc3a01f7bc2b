#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { processEnvironment, readConfig } from '../config.js';
import { runRelay } from './program.js';
import { paintFor } from './terminal.js';

/** The command runs from dist/src/cli. */
const packageFile = new URL('../../../package.json', import.meta.url);
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile, 'utf8')));

// Whoever reads the output may stop early: relay status | head -1
process.stdout.on('error', (error) => {
  if (!('code' in error && error.code === 'EPIPE')) throw error;
});

process.exitCode = await runRelay(process.argv.slice(2), {
  version,
  settings: () => readConfig(['cli']).cli,
  environment: processEnvironment,
  write: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  paint: paintFor(process.stdout),
  now: Date.now,
});

import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config.js';
import { statusSchema } from './answers.js';
import { addConfigCheck } from './config-check.js';
import { ConsoleFailure } from './console-client.js';
import { addDevice } from './device-command.js';
import { addDoctor, NoGo } from './doctor.js';
import { addFailed } from './failed.js';
import { addHeld } from './held.js';
import { addHistory } from './history.js';
import { NotDone } from './many.js';
import { jsonOption } from './options.js';
import { addPause } from './pause.js';
import { addPolicy } from './policy.js';
import { addShadow } from './shadow.js';
import { show } from './show.js';
import { renderStatus } from './status.js';
import type { Surroundings } from './surroundings.js';
import { addAdopt, addSweep } from './sweep.js';
import { printableLines } from './terminal.js';

/** Runs the command `relay`; resolves to its exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runRelay(args: string[], surroundings: Surroundings): Promise<number> {
  try {
    await createProgram(surroundings).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof ConsoleFailure || error instanceof ConfigError || error instanceof NoGo || error instanceof NotDone)) throw error;
    surroundings.complain(`${printableLines(error.message)}\n`);
    return 1;
  }
}

function createProgram(surroundings: Surroundings): Command {
  const { version, write, complain, paint, now } = surroundings;
  const program = new Command('relay')
    .description('Asks the console of a running posture-relay. RELAY_URL is its address, RELAY_TOKEN its token.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: (text) => complain(printableLines(text)) });
  program
    .command('status')
    .description('who is exposed or wrongly locked, what waits for whom, the queue and the newest runs')
    .addOption(jsonOption())
    .action(async ({ json }: { json?: true }) => {
      await show(surroundings, json, { path: 'status', schema: statusSchema, render: (status) => renderStatus(status, now(), paint) });
    });
  for (const add of [addDevice, addHeld, addFailed, addPause, addHistory, addPolicy, addShadow, addSweep, addAdopt]) add(program, surroundings);
  addConfigCheck(program, surroundings);
  addDoctor(program, surroundings);
  return program;
}

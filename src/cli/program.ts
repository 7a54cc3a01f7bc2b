import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import { ConfigError, type Environment } from '../config.js';
import type { Settings } from '../settings.js';
import { devicesSchema, statusSchema } from './answers.js';
import { addConfigCheck } from './config-check.js';
import { askConsole, ConsoleFailure, readAnswer } from './console-client.js';
import { renderDevice, renderDevices } from './device.js';
import { addDoctor, NoGo } from './doctor.js';
import { renderStatus } from './status.js';
import { jsonText, printableLines, type Paint } from './terminal.js';

/** What the command needs of the process that it runs in. */
export type Surroundings = {
  version: string;
  /** Throws `ConfigError`. */
  settings: () => Settings['cli'];
  environment: () => Environment;
  write: (text: string) => void;
  complain: (text: string) => void;
  paint: Paint;
  now: () => number;
};

/** A path cannot hold what is empty or only dots, and no device is called that. */
function given(device: string): string {
  if (/^\.*$/.test(device.trim())) throw new InvalidArgumentError('Give a key, a UDID, a serial number or an e-mail address.');
  return device.trim();
}

type Show<T extends z.ZodType> = { path: string; schema: T; render: (answer: z.infer<T>) => string };

/** Runs the command `relay`; resolves to its exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runRelay(args: string[], surroundings: Surroundings): Promise<number> {
  try {
    await createProgram(surroundings).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof ConsoleFailure || error instanceof ConfigError || error instanceof NoGo)) throw error;
    surroundings.complain(`${error.message}\n`);
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
    .option('--json', 'the answer as JSON, for programs')
    .action(async ({ json }: { json?: true }) => {
      await show(surroundings, json === true, {
        path: 'status',
        schema: statusSchema,
        render: (status) => renderStatus(status, now(), paint),
      });
    });
  program
    .command('device')
    .description('where a device stands, since when and why; what was done about it, and what to do')
    .argument('<device>', 'its key, UDID or serial number, or its user\'s e-mail address', given)
    .option('--json', 'the answer as JSON, for programs')
    .action(async (device: string, { json }: { json?: true }) => {
      await show(surroundings, json === true, {
        path: `devices/${encodeURIComponent(device)}`,
        schema: devicesSchema,
        render: ({ devices }) => (devices.length === 1 && devices[0] ? renderDevice(devices[0], now(), paint) : renderDevices(devices, now())),
      });
    });
  addConfigCheck(program, surroundings);
  addDoctor(program, surroundings);
  return program;
}

async function show<T extends z.ZodType>({ settings, write }: Surroundings, json: boolean, { path, schema, render }: Show<T>): Promise<void> {
  const relay = settings();
  const answer = await askConsole(relay, path);
  write(`${json ? jsonText(answer) : render(readAnswer(relay, schema, answer))}\n`);
}

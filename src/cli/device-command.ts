import { Argument, type Command } from 'commander';
import { actorName } from './actor.js';
import { adviceFor } from './advice.js';
import { devicesSchema } from './answers.js';
import { overrideSchema } from './desk-answers.js';
import { renderDevice, renderDevices } from './device.js';
import { renderIncident } from './incident.js';
import { deviceName, durationMinutes, jsonOption, reasonText } from './options.js';
import { show } from './show.js';
import type { Surroundings } from './surroundings.js';
import { moment } from './terminal.js';

type Action = 'lock' | 'unlock';
type Options = { reason?: string; for?: number; incident?: true; json?: true };

const defaultMinutes = 240;

/** Adds `relay device`: looks at one device, or gives on-call's word about it. */
export function addDevice(program: Command, surroundings: Surroundings): void {
  program
    .command('device')
    .description('where a device stands, since when and why, what was done about it and what to do; or locks or unlocks it by hand, whatever UEM says')
    .argument('<device>', 'its key, UDID or serial number, or its user\'s e-mail address', deviceName)
    .addArgument(new Argument('[action]', 'what on-call decides about it, until the time is over').choices(['lock', 'unlock']))
    .option('--reason <text>', 'why (with lock or unlock), for the audit', reasonText)
    .option('--for <time>', 'for how long (with lock or unlock): 30m, 4h, 2d; four hours by default', durationMinutes)
    .option('--incident', 'everything about it as one Markdown document for a ticket')
    .addOption(jsonOption())
    // oxlint-disable-next-line max-params -- commander gives an action its two arguments, the options and the command
    .action(async (device: string, action: Action | undefined, options: Options, command: Command) => {
      checkUsage(command, action, options);
      await (action === undefined ? look(surroundings, device, options) : decide(surroundings, { device, action }, options));
    });
}

function checkUsage(command: Command, action: Action | undefined, { reason, for: minutes, incident }: Options): void {
  if (action === undefined && (reason !== undefined || minutes !== undefined)) command.error('error: --reason and --for belong to lock and unlock', { exitCode: 2 });
  if (action !== undefined && reason === undefined) command.error(`error: ${action} needs --reason`, { exitCode: 2 });
  if (action !== undefined && incident) command.error(`error: --incident does not go with ${action}`, { exitCode: 2 });
}

async function look(surroundings: Surroundings, device: string, { incident, json }: Options): Promise<void> {
  const { now, paint } = surroundings;
  await show(surroundings, json, {
    path: `devices/${encodeURIComponent(device)}`,
    schema: devicesSchema,
    render: ({ devices }) => {
      if (incident) return devices.map((one) => renderIncident(one, now())).join('\n\n');
      return devices.length === 1 && devices[0] ? renderDevice(devices[0], now(), paint) : renderDevices(devices, now());
    },
  });
}

async function decide(surroundings: Surroundings, { device, action }: { device: string; action: Action }, options: Options): Promise<void> {
  const { reason, for: forMinutes = defaultMinutes, json } = options;
  await show(surroundings, json, {
    path: `devices/${encodeURIComponent(device)}/${action}`,
    order: { method: 'POST', body: { reason, forMinutes }, actor: actorName() },
    schema: overrideSchema,
    render: ({ key, state, untilMs, mode }) => {
      const order = `${key} is to be ${state} until ${moment(untilMs)}, whatever UEM says; then what UEM says counts again. Look: relay device ${key}`;
      return mode === 'shadow' ? `${order}\n${adviceFor('shadow')}` : order;
    },
  });
}

import type { Command } from 'commander';
import type { z } from 'zod';
import { auditSchema, eventsSchema, runsSchema } from './desk-answers.js';
import { countUpTo1000, jsonOption } from './options.js';
import { show } from './show.js';
import type { Surroundings } from './surroundings.js';
import { moment, table, wrap } from './terminal.js';

type Options = { limit: number; json?: true };

/** Adds `relay runs`, `relay events` and `relay audit`: the newest of each, over all devices. */
export function addHistory(program: Command, surroundings: Surroundings): void {
  listing(program.command('runs').description('the newest runs: which device, why and how it ended')).action(async ({ limit, json }: Options) => {
    await show(surroundings, json, { path: `runs?limit=${limit}`, schema: runsSchema, render: renderRuns });
  });
  listing(program.command('events').description('the newest events of UEM and what became of them'))
    .option('--refused', 'only those that were ignored')
    .action(async ({ limit, json, refused }: Options & { refused?: true }) => {
      await show(surroundings, json, { path: `events?limit=${limit}${refused ? '&refused=true' : ''}`, schema: eventsSchema, render: renderEvents });
    });
  listing(program.command('audit').description('what people had the relay do, and why')).action(async ({ limit, json }: Options) => {
    await show(surroundings, json, { path: `audit?limit=${limit}`, schema: auditSchema, render: renderAudit });
  });
}

function listing(command: Command): Command {
  return command.option('--limit <number>', 'how many', countUpTo1000, 50).addOption(jsonOption());
}

function renderRuns({ runs }: z.infer<typeof runsSchema>): string {
  const rows = runs.map(({ endedAt, outcome, causes, key, detail }) => [
    moment(endedAt),
    wrap(outcome, 20),
    [wrap(key, 48), ...[causes.join(' and '), detail].filter(Boolean).map((line) => wrap(line, 48))].join('\n'),
  ]);
  return rows.length === 0 ? 'No runs are kept.' : table(['ENDED (UTC)', 'OUTCOME', 'DEVICE, WHY LOCKED'], rows);
}

function renderEvents({ events }: z.infer<typeof eventsSchema>): string {
  const rows = events.map(({ receivedAt, result, reason, key, id }) => [moment(receivedAt), wrap([result, reason].filter(Boolean).join(': '), 22), `${wrap(key || 'no device', 46)}\n${id}`]);
  return rows.length === 0 ? 'No such events are kept.' : table(['RECEIVED (UTC)', 'WHAT BECAME OF IT', 'DEVICE, EVENT ID'], rows);
}

function renderAudit({ entries }: z.infer<typeof auditSchema>): string {
  const rows = entries.map(({ at, by, what, target, reason }) => [moment(at), wrap(by, 18), [what, target, reason].map((line) => wrap(line, 50)).join('\n')]);
  return rows.length === 0 ? 'Nobody has had the relay do anything.' : table(['WHEN (UTC)', 'WHO', 'WHAT, TO WHICH, WHY'], rows);
}

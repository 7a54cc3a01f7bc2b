import type { Command } from 'commander';
import { actorName } from './actor.js';
import { pausedSchema, resumedSchema } from './desk-answers.js';
import { jsonOption, reasonOption } from './options.js';
import { show } from './show.js';
import type { Surroundings } from './surroundings.js';
import { moment } from './terminal.js';

type Options = { reason: string; json?: true };

/** Adds `relay pause` and `relay resume`. */
export function addPause(program: Command, surroundings: Surroundings): void {
  program
    .command('pause')
    .description('stops all locking, until relay resume; letting devices back in goes on')
    .addOption(reasonOption())
    .addOption(jsonOption())
    .action(async ({ reason, json }: Options) => {
      const order = { method: 'PUT', body: { reason }, actor: actorName() } as const;
      await show(surroundings, json, {
        path: 'pause',
        order,
        schema: pausedSchema,
        render: ({ pause }) => `Paused by ${pause.by} since ${moment(pause.since)}: nothing is locked until relay resume --reason WHY.`,
      });
    });
  program
    .command('resume')
    .description('locks again, what waits at once')
    .addOption(reasonOption())
    .addOption(jsonOption())
    .action(async ({ reason, json }: Options) => {
      const order = { method: 'DELETE', body: { reason }, actor: actorName() } as const;
      await show(surroundings, json, {
        path: 'pause',
        order,
        schema: resumedSchema,
        render: ({ resumed }) => (resumed ? 'Resumed: what waited is being locked.' : 'It was not paused.'),
      });
    });
}

import type { Command } from 'commander';
import { z } from 'zod';
import { jsonOption, momentBefore } from './options.js';
import { show } from './show.js';
import type { Surroundings } from './surroundings.js';
import { moment, span, table, wrap } from './terminal.js';

const agreementSchema = z.object({ kind: z.string(), laterByMs: z.number().nullish() });
const comparisonSchema = z.object({ key: z.string(), wanted: z.string(), seen: z.string(), decidedAt: z.number(), agreement: agreementSchema });
export const shadowSchema = z.object({
  since: z.number(),
  compared: z.number(),
  agreed: z.number(),
  missed: z.array(comparisonSchema),
  late: z.array(comparisonSchema),
  lateAfterMs: z.number(),
});

type Options = { since: number; json?: true };

/** Adds `relay shadow report`: where the relay and today's flow agreed, and what the flow missed or did late. */
export function addShadow(program: Command, surroundings: Surroundings): void {
  const shadow = program.command('shadow').description('shadow mode: the relay beside the flow that the team has');
  shadow
    .command('report')
    .description('where the relay and today\'s flow agreed, and what the flow missed or did late')
    .option('--since <time>', 'decisions since then: how long ago (2d), or a date and time with its zone (2026-03-04T01:02:03Z)', momentBefore(surroundings.now()), 0)
    .addOption(jsonOption())
    .action(async ({ since, json }: Options) => {
      await show(surroundings, json, { path: `shadow?since=${since}`, schema: shadowSchema, render: renderShadow });
    });
}

/** The report as text for people. */
export function renderShadow({ compared, agreed, missed, late, lateAfterMs }: z.infer<typeof shadowSchema>): string {
  if (compared === 0) return 'Nothing is compared yet: the relay looks at a device five minutes after it decided, in MODE=shadow.';
  const head = `The flow agreed with ${agreed} of ${compared} decisions; it missed ${missed.length}, and did ${late.length} more than ${span(lateAfterMs)} later.`;
  const rows = [
    ...missed.map((comparison) => row(comparison, `missed: ${comparison.seen}`)),
    ...late.map((comparison) => row(comparison, `late by ${span(comparison.agreement.laterByMs ?? 0)}`)),
  ];
  return rows.length === 0 ? head : `${head}\n\n${table(['DECIDED (UTC)', 'SHOULD BE', 'THE FLOW', 'DEVICE'], rows)}`;
}

function row({ decidedAt, wanted, key }: z.infer<typeof comparisonSchema>, flow: string): string[] {
  return [moment(decidedAt), wanted, wrap(flow, 20), wrap(key, 40)];
}

import type { Command } from 'commander';
import { z } from 'zod';
import { jsonOption, momentBefore } from './options.js';
import { show } from './show.js';
import type { Surroundings } from './surroundings.js';
import { moment, paragraph, span, table, wrap } from './terminal.js';

const agreementSchema = z.object({ kind: z.string(), laterByMs: z.number().nullish() });
const comparisonSchema = z.object({ key: z.string(), wanted: z.string(), seen: z.string(), why: z.string().default(''), decidedAt: z.number(), agreement: agreementSchema });
const shadowSchema = z.object({
  since: z.number(),
  compared: z.number(),
  agreed: z.number(),
  missed: z.array(comparisonSchema),
  late: z.array(comparisonSchema),
  lateAfterMs: z.number(),
  unread: z.number().default(0),
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
export function renderShadow(report: z.infer<typeof shadowSchema>): string {
  const { missed, late } = report;
  const rows = [
    ...missed.map((comparison) => row(comparison, comparison.wanted === 'unchanged' ? 'suspended it' : `missed: ${comparison.seen}`)),
    ...late.map((comparison) => row(comparison, `late by ${span(comparison.agreement.laterByMs ?? 0)}`)),
  ];
  const head = paragraph(headline(report), 0);
  return rows.length === 0 ? head : `${head}\n\n${table(['DECIDED (UTC)', 'SHOULD BE', 'THE FLOW', 'DEVICE, WHY'], rows)}`;
}

function headline({ since, compared, agreed, missed, late, lateAfterMs, unread }: z.infer<typeof shadowSchema>): string {
  const window = since === 0 ? '' : `Since ${moment(since)}: `;
  const lost = unread === 0 ? '' : ` About ${unread} more Okta gave no usable answer.`;
  if (compared === 0) return `${window}Nothing is compared yet: the relay looks at a device five minutes after it decided, in MODE=shadow.${lost}`;
  return `${window}The flow agreed with ${agreed} of ${compared} decisions, ${late.length} of them more than ${span(lateAfterMs)} later; it missed ${missed.length}.${lost}`;
}

const words: Record<string, string> = { unchanged: 'as it was' };

function row({ decidedAt, wanted, key, why }: z.infer<typeof comparisonSchema>, flow: string): string[] {
  return [moment(decidedAt), words[wanted] ?? wanted, wrap(flow, 20), `${wrap(key, 40)}\n${wrap(why, 40)}`.trimEnd()];
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { actorName } from './actor.js';
import { askConsole, readAnswer } from './console-client.js';
import { confirm, NotDone } from './many.js';
import { clientId, jsonOption, reasonText } from './options.js';
import { ask } from './show.js';
import type { Surroundings } from './surroundings.js';
import { orderedSchema, sweepSchema, sweepsSchema, type ReportAnswer } from './sweep-answers.js';
import { renderProgress, renderReport } from './sweep-report.js';
import { jsonText, moment, table, wrap } from './terminal.js';

const lookEveryMs = 1_000;

type Options = { dryRun?: true; yes?: true; json?: true; reason: string };
type SweepOptions = Options & { acceptShrunk?: true; follow?: string; list?: true };

/** Adds `relay sweep`. */
export function addSweep(program: Command, surroundings: Surroundings): void {
  ordering(program.command('sweep').description('compares UEM\'s and Okta\'s inventories with what the relay knows, and repairs the differences'))
    .option('--accept-shrunk', 'an inventory that has lost more than half of its devices is right')
    .option('--follow <id>', 'waits for one that was ordered before, and prints its report')
    .option('--list', 'the newest 20, and what waits')
    .action(async ({ follow, list, ...options }: SweepOptions) => {
      if (list) return await listSweeps(surroundings, options.json);
      if (follow !== undefined) return await followUp(surroundings, follow, options.json);
      const question = 'A sweep repairs what it finds: devices are locked and let in. Go on?';
      return await run(surroundings, options, { path: 'sweeps', question, body: { acceptShrunk: options.acceptShrunk === true } });
    });
}

/** Adds `relay adopt` and `relay ledger rebuild`. */
export function addAdopt(program: Command, surroundings: Surroundings): void {
  ordering(program.command('adopt').description('takes over what another client, such as the flow before the relay, has suspended in Okta'))
    .requiredOption('--actor <client-id>', 'who suspended it, by Okta\'s System Log', clientId)
    .action(async ({ actor, ...options }: Options & { actor: string }) => {
      const question = `What ${actor} has suspended will be let in by the relay once it complies. Go on?`;
      await run(surroundings, options, { path: 'adopt', question, body: { actor } });
    });
  const ledger = program.command('ledger').description('what the relay has done to records in Okta');
  ordering(ledger.command('rebuild').description('after Redis has lost it: records again what the relay has suspended, by Okta\'s System Log')).action(async (options: Options) => {
    const question = 'What the relay\'s own client has suspended will be let in once it complies. Go on?';
    await run(surroundings, options, { path: 'ledger/rebuild', question, body: {} });
  });
}

function ordering(command: Command): Command {
  return command
    .option('--dry-run', 'only reports')
    .option('--reason <text>', 'why, for the audit', reasonText, 'ordered at the command line')
    .option('--yes', 'do not ask')
    .addOption(jsonOption());
}

type What = { path: string; question: string; body: object };

async function run(surroundings: Surroundings, { dryRun, yes, json, reason }: Options, { path, question, body }: What): Promise<void> {
  if (!dryRun && !yes) await confirm(question);
  const order = { method: 'POST', body: { ...body, dryRun: dryRun === true, reason }, actor: actorName() } as const;
  const { id } = await ask(surroundings, { path, order, schema: orderedSchema });
  await followUp(surroundings, id, json);
}

/** Shows the progress until it is over, then the report. Throws `NotDone` for one that ended early, and at Ctrl-C, which stops only the watching. */
async function followUp(surroundings: Surroundings, id: string, json: true | undefined): Promise<void> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt);
  try {
    const { report, answer } = await untilOver(surroundings, id, interruption.signal);
    surroundings.write(`${json ? jsonText(answer) : renderReport(report, surroundings.paint)}\n`);
    if (report.ended !== null) throw new NotDone(`Incomplete: ${report.ended.word}.`);
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}

async function untilOver(surroundings: Surroundings, id: string, signal: AbortSignal): Promise<{ report: ReportAnswer; answer: unknown }> {
  const relay = surroundings.settings();
  let said = '';
  for (;;) {
    const answer = await askConsole(relay, `sweeps/${encodeURIComponent(id)}`);
    const { state, progress, report } = readAnswer(relay, sweepSchema, answer);
    if (report !== undefined) return { report, answer };
    const line = progress === undefined ? `${id} is ${state} ...` : renderProgress(progress);
    if (line !== said) surroundings.complain(`${line}\n`);
    said = line;
    await delay(lookEveryMs, null, { signal }).catch(() => undefined);
    if (signal.aborted) throw new NotDone(`It goes on without you. Its report: relay sweep --follow ${id}`);
  }
}

async function listSweeps(surroundings: Surroundings, json: true | undefined): Promise<void> {
  const relay = surroundings.settings();
  const answer = await askConsole(relay, 'sweeps');
  const { running, waiting, reports } = readAnswer(relay, sweepsSchema, answer);
  const rows = [
    ...waiting.map((id) => ['', id, '', 'waits']),
    ...(running === null ? [] : [[moment(running.startedAt), running.id, running.name, renderProgress(running)]]),
    ...reports.map(({ startedAt, id, name, dryRun, ended, counts, repairs }) => [moment(startedAt), id, `${name}${dryRun ? ' (dry run)' : ''}`, wrap(ended === null ? summary(name === 'sweep' ? counts : repairs) : `incomplete: ${ended.word}`, 40)]),
  ];
  surroundings.write(`${json ? jsonText(answer) : rows.length === 0 ? 'There was no sweep yet.' : table(['STARTED (UTC)', 'ID', 'WHAT', 'HOW IT ENDED'], rows)}\n`);
}

function summary(counts: Record<string, number>): string {
  return Object.entries(counts).map(([kind, count]) => `${count} ${kind}`).join(', ') || 'no differences';
}

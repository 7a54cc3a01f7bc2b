import { InvalidArgumentError, type Command } from 'commander';
import type { Environment } from '../config.js';
import { reportSchema, type Check, type Report } from '../doctor/report.js';
import { jsonText, printable, table, wrap, type Paint } from './terminal.js';

/** The doctor found what must be put right first; the message counts it. */
export class NoGo extends Error {}

type Surroundings = { environment: () => Environment; write: (text: string) => void; paint: Paint; now: () => number };

const mostPages = 50;

/** Adds `relay doctor`, which prints its report and throws `NoGo` where a check failed. */
export function addDoctor(program: Command, { environment, write, paint, now }: Surroundings): void {
  program
    .command('doctor')
    .description(
      'GO or NO-GO: tries Redis, Okta and Entra ID with the environment of this command, and changes nothing there: run it where the relay runs, ' +
        'e.g. in its container, or node --env-file=.env dist/src/cli/main.js doctor',
    )
    .option('--pages <number>', 'how many pages of 200 devices of Okta\'s to look at', pageCount, 1)
    .option('--json', 'the report as JSON, for programs')
    .action(async ({ pages, json }: { pages: number; json?: true }) => {
      // Okta's SDK takes a third of a second to load: no other command waits for it.
      const { examineRelay } = await import('../doctor/doctor.js');
      const report = reportSchema.parse(printable(await examineRelay({ environment: environment(), pages, now })));
      write(`${json ? jsonText(report) : renderReport(report, paint)}\n`);
      const failed = report.checks.filter(({ status }) => status === 'fail');
      if (failed.length > 0) throw new NoGo(`NO-GO: ${failed.length} of ${report.checks.length} checks failed.`);
    });
}

function pageCount(text: string): number {
  const pages = Number(text);
  if (Number.isInteger(pages) && pages >= 1 && pages <= mostPages) return pages;
  throw new InvalidArgumentError(`Give a number from 1 to ${mostPages}.`);
}

/** The verdict, and a line for each check: what was measured and what to do. */
export function renderReport({ verdict, checks }: Report, paint: Paint): string {
  const rows = checks.map((check) => [badge(check, paint), wrap(check.title, 32), finding(check)]);
  return `${paint(verdict === 'GO' ? 'title' : 'alarm', verdict)}${counted(checks)}\n${table(['', 'CHECK', 'MEASURED, AND WHAT TO DO'], rows)}`;
}

function counted(checks: Check[]): string {
  const count = (wanted: Check['status']) => checks.filter(({ status }) => status === wanted).length;
  return `: ${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failed, ${count('skipped')} skipped`;
}

function finding({ measured, advice }: Check): string {
  return [measured, ...(advice === undefined ? [] : [`-> ${advice}`])].map((text) => wrap(text, 53)).join('\n');
}

function badge({ status }: Check, paint: Paint): string {
  if (status === 'fail') return paint('alarm', 'FAIL');
  return status === 'warn' ? paint('warning', 'warn') : status;
}

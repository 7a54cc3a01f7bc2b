import type { Command } from 'commander';
import { failureCauses } from '../compliance/outcome.js';
import { adviceFor } from './advice.js';
import { failuresSchema, type FailureAnswer } from './desk-answers.js';
import { actOnMany, devices, NotDone, tally, type ManyOptions } from './many.js';
import { deviceName, jsonOption, momentBefore, reasonOption } from './options.js';
import { chooseKeys, type Choice } from './selection.js';
import { ask, show } from './show.js';
import type { Surroundings } from './surroundings.js';
import { moment, paragraph, span, table, wrap } from './terminal.js';

type Filters = { cause?: string; since?: number; until?: number; device?: string; user?: string };

/** Adds `relay failed list|show|replay|discard`. */
export function addFailed(program: Command, surroundings: Surroundings): void {
  const failed = program.command('failed').description('devices that the relay has given up for now');
  withFilters(failed.command('list').description('which, why, and what a replay would do now'), surroundings)
    .addOption(jsonOption())
    .action(async ({ json, ...filters }: Filters & { json?: true }) => {
      const render = (answer: { failures: FailureAnswer[]; cut: boolean }) => renderFailures(answer, surroundings.now());
      await show(surroundings, json, { path: pathOf(filters), schema: failuresSchema, render });
    });
  failed
    .command('show')
    .description('one of them: what happened and what to do')
    .argument('<device>', 'its key, UDID or serial number', deviceName)
    .addOption(jsonOption())
    .action(async (device: string, { json }: { json?: true }) => {
      await show(surroundings, json, { path: pathOf({ device }), schema: failuresSchema, render: ({ failures }) => renderFailure(failures, device, surroundings.now()) });
    });
  addActing(failed, surroundings, { verb: 'replay', done: 'replayed', about: 'plans them anew: everything is done once more' });
  addActing(failed, surroundings, { verb: 'discard', done: 'discarded', about: 'forgets them until UEM says something new about them' });
}

function withFilters(command: Command, { now }: Surroundings): Command {
  return command
    .option('--cause <cause>', `only one of ${failureCauses.join(', ')}`)
    .option('--since <time>', 'given up since: how long ago (2h), or a date and time with its zone (2026-03-04T01:02:03Z)', momentBefore(now()))
    .option('--until <time>', 'given up before, in the same forms', momentBefore(now()))
    .option('--device <device>', 'only this key, UDID or serial number')
    .option('--user <address>', 'only of this enrolment e-mail address')
    .hook('preAction', checkWindow);
}

/** No moment lies in a window that ends before it begins: whoever asks for one would be told that nothing was given up. */
function checkWindow(command: Command): void {
  const { since, until } = command.opts<Filters>();
  if (since !== undefined && until !== undefined && since >= until) command.error('error: --since must be before --until', { exitCode: 2 });
}

type Verb = { verb: 'replay' | 'discard'; done: string; about: string };
type ActingOptions = Filters & ManyOptions & Choice;

function addActing(failed: Command, surroundings: Surroundings, { verb, done, about }: Verb): void {
  withFilters(failed.command(verb).description(about).argument('[device...]', 'keys (or the UDIDs or serial numbers in them)'), surroundings)
    .option('--all', 'every one of them')
    .addOption(reasonOption())
    .option('--yes', 'do not ask')
    .addOption(jsonOption())
    .action(async (names: string[], options: ActingOptions, command: Command) => {
      const { cause, since, until, device, user } = options;
      const filters = { cause, since, until, device, user };
      const isFiltered = Object.values(filters).some((filter) => filter !== undefined);
      const { failures, cut } = await ask(surroundings, { path: pathOf(options), schema: failuresSchema });
      const chosen = chooseKeys(command, failures, { names, isFiltered, ...options });
      await actOnMany(surroundings, { path: `failures/${verb}`, verb, done, chosen, plan: describePlan(chosen, verb, cut) }, options);
    });
}

function pathOf({ cause, since, until, device, user }: Filters): string {
  const given = Object.entries({ cause, after: since?.toString(), before: until?.toString(), device, user });
  const query = new URLSearchParams(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  return query.size === 0 ? 'failures' : `failures?${query}`;
}

function describePlan(chosen: FailureAnswer[], verb: Verb['verb'], cut: boolean): string {
  if (chosen.length === 0) return `Nothing to ${verb}.`;
  const lines = [
    `${devices(chosen.length)} to ${verb}: ${tally(chosen.map(({ cause }) => cause ?? 'unknown'))}.`,
    `A replay now: ${tally(chosen.map(({ wouldNow }) => wouldNow))}.`,
    ...(verb === 'discard' ? ['They stay as they are until UEM says something new about them.'] : []),
    ...(cut ? ['More were given up than are listed at once: do it again afterwards.'] : []),
  ];
  return lines.map((line) => paragraph(line, 0)).join('\n');
}

function renderFailures({ failures, cut }: { failures: FailureAnswer[]; cut: boolean }, nowMs: number): string {
  if (failures.length === 0) return 'Nothing was given up.';
  const rows = failures.map(({ at, cause, wouldNow, key, name, platform, detail }) => [
    at === null ? '?' : span(nowMs - at),
    wrap(cause ?? 'unknown', 18),
    wouldNow,
    [key, [name, platform].filter(Boolean).join(', '), detail].filter(Boolean).map((line) => wrap(line, 56)).join('\n'),
  ]);
  const causes = [...new Set(failures.map(({ cause }) => cause ?? 'failed'))];
  return [`Given up (${failures.length}${cut ? ', and more' : ''})\n${table(['AGO', 'CAUSE', 'WOULD NOW', 'DEVICE'], rows)}`, ...causes.map((cause) => paragraph(`${cause}: ${adviceFor(cause)}`, 0))].join('\n\n');
}

function renderFailure([failure]: FailureAnswer[], device: string, nowMs: number): string {
  if (failure === undefined) throw new NotDone(`${device} is not among those that were given up: relay failed list`);
  const { key, name, platform, email, cause, at, retryAt, detail, wouldNow } = failure;
  const lines = [
    [key, name, platform, email].filter(Boolean).join(', '),
    `Given up${at === null ? '' : ` ${span(nowMs - at)} ago (${moment(at)})`}: ${cause ?? 'unknown'}. ${detail}`,
    adviceFor(cause ?? 'failed'),
    `A replay now: ${wouldNow}.${retryAt === null ? '' : ` It is tried again by itself ${retryAt > nowMs ? `in ${span(retryAt - nowMs)}` : 'now'}.`}`,
    `Its runs and steps: relay device ${key}`,
  ];
  return lines.map((line) => paragraph(line, 0)).join('\n');
}

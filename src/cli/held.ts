import { Option, type Command } from 'commander';
import { heldWords } from '../compliance/outcome.js';
import { actorName } from './actor.js';
import { adviceFor } from './advice.js';
import { heldSchema, resetSchema, type HeldAnswer } from './desk-answers.js';
import { actOnMany, devices, tally, type ManyOptions } from './many.js';
import { jsonOption, reasonOption } from './options.js';
import { renderSafeguard } from './safeguard.js';
import { chooseKeys, type Choice } from './selection.js';
import { ask, show } from './show.js';
import type { Surroundings } from './surroundings.js';
import { paragraph, span, table, wrap } from './terminal.js';

type HeldOptions = ManyOptions & Choice & { word?: string };

/** Adds `relay held list|release|discard|reset`. */
export function addHeld(program: Command, surroundings: Surroundings): void {
  const held = program.command('held').description('devices that wait for a human, and the safeguard against mass lock-outs');
  held
    .command('list')
    .description('what is held, since when and why')
    .addOption(wordOption('only those of one word'))
    .addOption(jsonOption())
    .action(async ({ word, json }: { word?: string; json?: true }) => {
      await show(surroundings, json, { path: pathOf(word), schema: heldSchema, render: (answer) => renderHeld(answer, surroundings.now()) });
    });
  addActing(held, surroundings, { verb: 'release', done: 'released', about: 'lets held devices be locked out, each for what is known now' });
  addActing(held, surroundings, { verb: 'discard', done: 'discarded', about: 'leaves held devices as they are until UEM says something new about them' });
  held
    .command('reset')
    .description('counts newly locked devices afresh, so that the safeguard holds no more of them; what is held stays held')
    .addOption(reasonOption())
    .addOption(jsonOption())
    .action(async ({ reason, json }: { reason: string; json?: true }) => {
      const order = { method: 'POST', body: { reason }, actor: actorName() } as const;
      await show(surroundings, json, { path: 'held/reset', order, schema: resetSchema, render: renderReset });
    });
}

const wordOption = (description: string) => new Option('--word <word>', description).choices(heldWords);

type Verb = { verb: 'release' | 'discard'; done: string; about: string };

function addActing(held: Command, surroundings: Surroundings, { verb, done, about }: Verb): void {
  held
    .command(verb)
    .description(about)
    .argument('[device...]', 'keys (or the UDIDs or serial numbers in them)')
    .addOption(wordOption('all of one word'))
    .option('--all', 'everything that is held')
    .addOption(reasonOption())
    .option('--yes', 'do not ask')
    .addOption(jsonOption())
    .action(async (names: string[], options: HeldOptions, command: Command) => {
      const answer = await ask(surroundings, { path: pathOf(options.word), schema: heldSchema });
      const chosen = chooseKeys(command, answer.devices, { names, isFiltered: options.word !== undefined, ...options });
      const plan = describePlan(chosen, verb, answer.cut);
      await actOnMany(surroundings, { path: `held/${verb}`, verb, done, chosen, plan }, options);
    });
}

function pathOf(word: string | undefined): string {
  return word === undefined ? 'held' : `held?${new URLSearchParams({ word })}`;
}

function describePlan(chosen: HeldAnswer['devices'], verb: Verb['verb'], cut: boolean): string {
  if (chosen.length === 0) return `Nothing to ${verb}.`;
  const lines = [
    `${devices(chosen.length)} to ${verb}: ${tally(chosen.map(({ word }) => word))}.`,
    `Why they would be locked: ${tally(chosen.map(({ causes }) => causes.join(' and ') || 'unclear'))}.`,
    verb === 'release' ? `A release now: ${tally(chosen.map(({ wouldNow }) => wouldNow))}.` : 'They stay as they are, and those that should be locked stay exposed, until UEM says something new about them.',
    ...(cut ? ['More are held than are listed at once: do it again afterwards.'] : []),
  ];
  return lines.map((line) => paragraph(line, 0)).join('\n');
}

function renderHeld({ devices: held, unreadable, cut, safeguard }: HeldAnswer, nowMs: number): string {
  const rows = held.map(({ since, word, causes, key, name, platform, detail }) => [
    span(nowMs - since),
    wrap(`${word}: ${causes.join(' and ')}`, 26),
    [wrap(key, 60), ...[[name, platform].filter(Boolean).join(', '), detail].filter(Boolean).map((line) => wrap(line, 60))].join('\n'),
  ]);
  const words = [...new Set(held.map(({ word }) => word))];
  return [
    ...renderSafeguard(safeguard, nowMs).map((line) => paragraph(line, 0)),
    rows.length === 0 ? 'Nothing is held.' : `Held (${held.length}${cut ? ', and more' : ''})\n${table(['FOR', 'WHY', 'DEVICE'], rows)}`,
    ...words.map((word) => paragraph(`${word}: ${adviceFor(word)}`, 0)),
    ...unreadable.map(({ key, detail }) => paragraph(`${key} cannot be read: ${detail}`, 0)),
  ].join('\n\n');
}

function renderReset({ reset }: { reset: string[] }): string {
  return reset.length === 0 ? 'No safeguard was tripped; counting starts afresh.' : `Reset: ${reset.join(', ')}. What is held stays held: relay held list`;
}

import { heldWords } from '../compliance/outcome.js';
import { adviceFor, meaningOf } from './advice.js';
import type { DeviceAnswer, RunAnswer } from './answers.js';
import { newestLockOut, renderExposure } from './exposure.js';
import { moment, paragraph, span, table, wrap, type Paint } from './terminal.js';

const runsShown = 5;
const eventsShown = 10;

/** Everything that on-call asks about one device: where it stands, since when and why, what to do, and what was done. */
export function renderDevice(device: DeviceAnswer, nowMs: number, paint: Paint): string {
  const clock = newestLockOut(device);
  const sections = [
    headline(device, nowMs, paint),
    ...inMode(device, paint),
    ...whatToDo(device, nowMs),
    `Identity\n${identity(device)}`,
    `Facts\n${facts(device, nowMs)}`,
    ...(clock ? [`Newest lock-out\n${renderExposure(clock)}`] : []),
    `What we did to its Okta records\n${ledger(device, nowMs)}`,
    `Newest runs (${Math.min(runsShown, device.runs.length)} of ${device.runs.length} kept)\n${runs(device.runs, nowMs)}`,
    `Newest events (${Math.min(eventsShown, device.events.length)} of ${device.events.length} kept)\n${events(device, nowMs)}`,
  ];
  return sections.join('\n\n');
}

/** Several devices of one person, a line each. */
export function renderDevices(devices: DeviceAnswer[], nowMs: number): string {
  const rows = devices.map(({ key, standing, since, causes, name, platform }) => [
    wrap(key, 44),
    standing,
    since === null ? '?' : span(nowMs - since),
    wrap([causes.join(' and '), name, platform].filter(Boolean).join(', '), 26),
  ]);
  return `${devices.length} devices\n${table(['KEY', 'STANDS', 'FOR', 'WHY, NAME'], rows)}${devices[0]?.mode === 'shadow' ? `\n\n${paragraph(adviceFor('shadow'), 0)}` : ''}\n\nFor one of them give one of the keys: relay device ${devices[0]?.key ?? 'KEY'}`;
}

const alarming = new Set(['exposed', 'wrongly_locked', 'held']);

function headline({ key, name, platform, standing, since, causes }: DeviceAnswer, nowMs: number, paint: Paint): string {
  const when = since === null ? '' : ` for ${span(nowMs - since)} (since ${moment(since)})`;
  const why = causes.length > 0 ? `: ${causes.join(' and ')}` : '';
  const first = paragraph(`${standing.replaceAll('_', ' ').toUpperCase()}${when}${why}`, 0);
  const description = [name, platform].filter(Boolean).join(', ');
  return [paint(alarming.has(standing) ? 'alarm' : 'title', first), paragraph(description ? `${key}  ${description}` : key, 0), paragraph(meaningOf(standing), 0)].join('\n');
}

function inMode({ mode }: DeviceAnswer, paint: Paint): string[] {
  return mode === 'shadow' ? [paint('warning', paragraph(adviceFor('shadow'), 0))] : [];
}

/** What stands in the way, and what a person does about it. */
function whatToDo(device: DeviceAnswer, nowMs: number): string[] {
  const { held, failed, enforced, containment } = device;
  const said: string[] = [];
  if (held) said.push(`Held for ${span(nowMs - held.since)}: ${held.word}. ${held.detail}`, adviceFor(held.word));
  if (failed) said.push(`Given up ${span(nowMs - failed.at)} ago: ${failed.cause}. ${failed.detail}`, adviceFor(failed.cause), adviceFor('failed'));
  if (!held && !failed && (!enforced || device.standing === 'exposed')) said.push(...hindrance(device, nowMs));
  if (containment && containment.letIn.length > 0) {
    said.push(`Somebody else unsuspended ${containment.letIn.join(', ')} during this lock-out: the relay suspends again only for a new cause. Ask who did it; \`relay device KEY lock --reason WHY --for 4h\` suspends it again.`);
  }
  return said.length === 0 ? [] : [['What to do', ...said.map((line) => paragraph(line))].join('\n')];
}

/** What the newest run says, if it is one of what holds now: an older one found what has changed since. */
function hindrance({ runs: [newest], enforced, dirtySince, generation }: DeviceAnswer, nowMs: number): string[] {
  const waits = dirtySince === null ? 'Not settled yet.' : `Not settled for ${span(nowMs - dirtySince)}.`;
  if (newest === undefined) return [`${waits} It waits for its first run.`];
  const run = `Newest run: ${newest.outcome}. ${newest.detail}`;
  if (enforced) return [run, isLeft(newest.outcome) ? discarded : adviceFor(newest.outcome)];
  return newest.generation < generation ? [`${waits} Something newer has come in since the newest run (${newest.outcome}): it waits for its next one.`] : [`${waits} ${run}`, adviceFor(newest.outcome)];
}

/** Nothing is held or given up any longer that ended so, and nothing came after it. */
function isLeft(outcome: string): boolean {
  return outcome === 'failed' || heldWords.some((word) => word === outcome);
}

const discarded =
  'Somebody discarded that (relay audit says who and why): it stays as it is until UEM says something new about it. `relay device KEY lock --reason WHY --for 4h` locks it now.';

function identity({ key, identity: { email, udid, serialNumber, enrolment, ownership, organizationGroup } }: DeviceAnswer): string {
  const values = { key, 'e-mail': email, UDID: udid, 'serial number': serialNumber, 'DeviceId in UEM': enrolment, ownership, 'organization group': organizationGroup };
  return Object.entries(values)
    .map(([name, value]) => paragraph(`${name.padEnd(18)}  ${value ?? '-'}`))
    .join('\n');
}

function facts({ facts: known, because, generation, enforcedGeneration }: DeviceAnswer, nowMs: number): string {
  const row = (name: string, value: string, at: number | null) => [name, wrap(value, 34), at === null ? '' : `${span(nowMs - at)} ago, ${moment(at)}`];
  const rows = [
    row('compliance', known.compliance ?? 'not known', known.complianceSince),
    row('compromised', known.compromised ? 'yes' : 'no', known.compromisedSince),
    row('enrolment', known.ended ?? 'not ended', known.endedSince),
    ...(known.unrecognised === null ? [] : [row('CompromisedStatus', `"${known.unrecognised}" (never seen before)`, null)]),
    ...(known.operator ? [row('on-call', onCallsWord(known.operator), known.operator.since)] : []),
    row('newest plan', `${because?.why ?? '-'}, generation ${generation} (enforced: ${enforcedGeneration})`, because?.receivedAt ?? null),
  ];
  return table(['FACT', 'VALUE', 'SINCE'], rows);
}

function onCallsWord({ state, untilMs, reason, by }: NonNullable<DeviceAnswer['facts']['operator']>): string {
  return `${state} by ${by}, until ${untilMs === null ? 'it is taken back' : moment(untilMs)}: ${reason}`;
}

const ledgerWords: Record<string, string> = {
  intent: 'suspension sent, no answer known',
  ours: 'suspended by us',
  leaving: 'unsuspension sent, no answer known',
  released: 'unsuspended by us',
};

function ledger({ ledger: entries }: DeviceAnswer, nowMs: number): string {
  const rows = Object.entries(entries).map(([id, { state, at, statusSeen, requestId }]) => [
    wrap(id, 24),
    wrap(ledgerWords[state] ?? state, 18),
    `${span(nowMs - at)} ago`,
    statusSeen,
    wrap(requestId ?? '-', 28),
  ]);
  return rows.length === 0 ? paragraph('Nothing that still holds.') : table(['OKTA RECORD', 'STATE', 'WHEN', 'STATUS BEFORE', 'REQUEST ID'], rows);
}

function runs(kept: RunAnswer[], nowMs: number): string {
  if (kept.length === 0) return paragraph('None.');
  return kept
    .slice(0, runsShown)
    .map((run) => [describeRun(run, nowMs), ...steps(run)].join('\n'))
    .join('\n\n');
}

function describeRun({ endedAt, startedAt, outcome, generation, attempt, causes, detail, notes }: RunAnswer, nowMs: number): string {
  const what = `${span(nowMs - endedAt)} ago, ${moment(startedAt)}: ${outcome}, generation ${generation}, attempt ${attempt}, took ${endedAt - startedAt} ms`;
  return [what, ...(causes.length > 0 ? [`because: ${causes.join(' and ')}`] : []), ...[detail, ...notes].filter(Boolean)].map((line) => paragraph(line)).join('\n');
}

function steps({ steps: made }: RunAnswer): string[] {
  if (made.length === 0) return [];
  const rows = made.map(({ operation, target, requestId, result, status, attempt, durationMs }) => [
    wrap(operation, 20),
    [wrap(target, 38), ...(requestId === null ? [] : [wrap(requestId, 38)])].join('\n'),
    wrap(result, 16),
    String(status ?? '-'),
    String(attempt),
    String(durationMs),
  ]);
  return [table(['OPERATION', 'TARGET, REQUEST ID', 'RESULT', 'HTTP', 'TRY', 'MS'], rows)];
}

function events({ events: kept }: DeviceAnswer, nowMs: number): string {
  const rows = kept.slice(0, eventsShown).map(({ id, receivedAt, result, reason }) => [
    `${span(nowMs - receivedAt)} ago`,
    moment(receivedAt),
    wrap([result, reason].filter(Boolean).join(': '), 32),
    id,
  ]);
  return rows.length === 0 ? paragraph('None.') : table(['RECEIVED', 'UTC', 'WHAT BECAME OF IT', 'EVENT ID'], rows);
}

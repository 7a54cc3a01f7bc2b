import { adviceFor, meaningOf } from './advice.js';
import type { DeviceAnswer, RunAnswer } from './answers.js';
import { newestLockOut } from './exposure.js';
import { moment, span } from './terminal.js';

/** Everything that the relay knows about a device, as one Markdown document for a ticket. It names the user: it belongs where such things may be. */
export function renderIncident(device: DeviceAnswer, nowMs: number): string {
  const { key, name, standing, since, causes, facts, failed, held } = device;
  const summary = [
    `**${text(standing)}**${since === null ? '' : ` since ${moment(since)} (${span(nowMs - since)})`}${causes.length > 0 ? `: ${text(causes.join(' and '))}` : ''}. ${meaningOf(standing)}`,
    ...(device.mode === 'shadow' ? [adviceFor('shadow')] : []),
    ...(held ? [`Held since ${moment(held.since)}: ${text(`${held.word}. ${held.detail}`)}`] : []),
    ...(failed ? [`Given up at ${moment(failed.at)}: ${text(`${failed.cause}. ${failed.detail}`)}`] : []),
    ...(facts.operator ? [`On-call: ${text(`${facts.operator.state} by ${facts.operator.by}: ${facts.operator.reason}`)}${facts.operator.untilMs === null ? '' : ` (until ${moment(facts.operator.untilMs)})`}`] : []),
  ];
  const sections = [
    `# ${text(name ?? key)}`,
    ...summary,
    `Written by \`relay device --incident\` at ${moment(nowMs)}. All times are UTC.`,
    `## Device\n\n${identity(device)}`,
    `## What holds\n\n${known(device)}`,
    `## Exposure clock\n\n${clock(device)}`,
    `## Timeline\n\n${timeline(device)}`,
    `## Runs\n\n${device.runs.map(describeRun).join('\n\n') || 'None is kept.'}`,
    `## Okta records\n\n${ledger(device)}`,
  ];
  return sections.join('\n\n');
}

function identity({ key, platform, identity: { email, udid, serialNumber, enrolment, ownership, organizationGroup } }: DeviceAnswer): string {
  const values = { Key: key, Platform: platform, 'E-mail': email, UDID: udid, 'Serial number': serialNumber, 'DeviceId in UEM': enrolment, Ownership: ownership, 'Organization group': organizationGroup };
  return table(['What', 'Value'], Object.entries(values).map(([name, value]) => [name, value ?? '-']));
}

function known({ facts }: DeviceAnswer): string {
  const rows: [string, string, number | null][] = [
    ['Compliance', facts.compliance ?? 'not known', facts.complianceSince],
    ['Compromised', facts.compromised ? 'yes' : 'no', facts.compromisedSince],
    ['Enrolment', facts.ended ?? 'not ended', facts.endedSince],
    ...(facts.unrecognised === null ? [] : [['CompromisedStatus', `"${facts.unrecognised}", never seen before`, null] satisfies [string, string, null]]),
  ];
  return table(['Fact', 'Value', 'Since'], rows.map(([name, value, at]) => [name, value, at === null ? '-' : moment(at)]));
}

function clock(device: DeviceAnswer): string {
  const stations = newestLockOut(device);
  if (stations === null) return 'No lock-out is kept.';
  const from = stations.eventTime ?? stations.receivedAt;
  const names = { eventTime: 'Event (UEM\'s EventTime)', receivedAt: 'Received', suspendedAt: 'Suspended', lastRevocationAt: 'Last revocation' } as const;
  const rows = (['eventTime', 'receivedAt', 'suspendedAt', 'lastRevocationAt'] as const).map((station) => {
    const at = stations[station];
    return [names[station], at === null ? 'not reached' : moment(at), at === null || from === null ? '-' : span(at - from)];
  });
  return table(['Station', 'When', 'After the event'], rows);
}

/** Events and runs in the order in which they happened. */
function timeline({ events, runs }: DeviceAnswer): string {
  const happened = [
    ...events.map(({ receivedAt, id, result, reason }) => ({ at: receivedAt, what: `event ${id}: ${[result, reason].filter(Boolean).join(', ')}` })),
    ...runs.map(({ startedAt, outcome, generation, attempt, causes }) => ({
      at: startedAt,
      what: `run (generation ${generation}, attempt ${attempt})${causes.length > 0 ? ` because ${causes.join(' and ')}` : ''}: ${outcome}`,
    })),
  ];
  return table(['When', 'What'], happened.toSorted((a, b) => a.at - b.at).map(({ at, what }) => [moment(at), what]));
}

function describeRun({ startedAt, endedAt, outcome, generation, attempt, detail, notes, steps }: RunAnswer): string {
  const rows = steps.map((step) => [moment(step.startedAt), step.operation, step.target, step.result, String(step.status ?? '-'), step.requestId ?? '-', String(step.durationMs)]);
  return [
    `### ${moment(startedAt)}: ${text(outcome)}`,
    text([`Generation ${generation}, attempt ${attempt}, ${endedAt - startedAt} ms.`, detail, ...notes].filter(Boolean).join(' ')),
    ...(rows.length === 0 ? [] : [table(['When', 'Operation', 'Target', 'Result', 'HTTP', 'Request id', 'ms'], rows)]),
  ].join('\n\n');
}

function ledger({ ledger: entries }: DeviceAnswer): string {
  const rows = Object.entries(entries).map(([id, { state, at, statusSeen, requestId }]) => [id, state, moment(at), statusSeen, requestId ?? '-']);
  return rows.length === 0 ? 'Nothing of ours holds.' : table(['Record', 'State', 'When', 'Status before', 'Request id'], rows);
}

function table(head: string[], rows: string[][]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map((cells) => row(cells.map(text)))].join('\n');
}

function row(cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Text from outside, without meaning for Markdown or HTML. */
function text(value: string): string {
  return value.replaceAll(/[\\`*_[\]<>|#~]/g, '\\$&').replaceAll('&', '&amp;').replaceAll('\\<', '&lt;').replaceAll('\\>', '&gt;');
}

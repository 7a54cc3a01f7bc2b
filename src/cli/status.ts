import { adviceFor } from './advice.js';
import type { StatusAnswer } from './answers.js';
import { renderSafeguard } from './safeguard.js';
import { renderSweepStatus } from './sweep-status.js';
import { moment, paragraph, span, table, wrap, type Paint } from './terminal.js';

type OpenDevice = StatusAnswer['exposed'][number];

const quietForMs = 3_600_000;

/** What on-call sees first: who is exposed or wrongly locked; then what waits for whom, the queue, UEM and the newest runs. */
export function renderStatus(status: StatusAnswer, nowMs: number, paint: Paint): string {
  const sections = [
    headline(status, nowMs, paint),
    openDevices('Exposed: should be locked and is not', status.exposed, nowMs),
    openDevices('Wrongly locked: should be free and is not', status.wronglyLocked, nowMs),
    heldDevices(status, nowMs),
    unreadable(status),
    blocks(status, nowMs),
    totals(status, nowMs, paint),
    renderSweepStatus(status.sweep ?? null, nowMs, paint),
    newestRuns(status, nowMs),
  ];
  return sections.filter((section) => section !== null).join('\n\n');
}

function headline(status: StatusAnswer, nowMs: number, paint: Paint): string {
  const open = [...describeOpen('EXPOSED', status.exposed, nowMs), ...describeOpen('WRONGLY LOCKED', status.wronglyLocked, nowMs)];
  const first = open.length === 0 ? ['Nobody is exposed and nobody is wrongly locked, as far as the relay was told.'] : open.map((line) => paint('alarm', paragraph(line, 0)));
  return [...first, ...reservations(status, nowMs).map((line) => paint('warning', paragraph(line, 0)))].join('\n');
}

/** What the first line cannot promise. */
function reservations({ mode, listedAtMost, devices: { unsettled, failed, held }, pause, safeguard }: StatusAnswer, nowMs: number): string[] {
  return [
    ...(pause ? [`Paused by ${pause.by} for ${span(nowMs - pause.since)}: ${pause.reason}. Nothing is locked until \`relay resume --reason WHY\`.`] : []),
    ...(safeguard ? renderSafeguard(safeguard, nowMs) : []),
    ...(mode === 'shadow' ? ['Shadow mode: nothing is changed at Okta or Entra ID.'] : []),
    ...(Math.max(unsettled, failed, held) > listedAtMost ? [`Only the ${listedAtMost} longest of each list were looked at: there may be more.`] : []),
  ];
}

/** One line for the device that has stood there longest, and how many others do. */
function describeOpen(title: string, devices: OpenDevice[], nowMs: number): string[] {
  const [first] = oldestFirst(devices);
  if (first === undefined) return [];
  const longest = `${since(first.since, nowMs)}: ${called(first)}${first.causes.length > 0 ? `, ${first.causes.join(' and ')}` : ''}`;
  return [devices.length === 1 ? `${title}: 1 device, for ${longest}` : `${title}: ${devices.length} devices, the longest for ${longest}`];
}

function openDevices(title: string, devices: OpenDevice[], nowMs: number): string | null {
  if (devices.length === 0) return null;
  const rows = oldestFirst(devices).map((device) => [since(device.since, nowMs), why(device), `${deviceCell(device)}\n${wrap(hindrance(device, nowMs), 64)}`]);
  return `${title} (${devices.length})\n${table(['FOR', 'WHY', 'DEVICE, AND WHAT KEEPS IT THERE'], rows)}`;
}

function hindrance({ failure, lastRun }: OpenDevice, nowMs: number): string {
  if (failure !== null) return `given up for now: ${failure}`;
  if (lastRun === null) return 'waits for its first run';
  return `newest run ${since(lastRun.endedAt, nowMs)} ago: ${[lastRun.outcome, lastRun.detail].filter(Boolean).join(': ')}`;
}

function heldDevices({ held }: StatusAnswer, nowMs: number): string | null {
  if (held.length === 0) return null;
  const rows = oldestFirst(held).map((device) => {
    const word = device.held?.word ?? 'held';
    return [since(device.since, nowMs), why(device), `${deviceCell(device)}\n${wrap(`${word}: ${device.held?.detail ?? ''}`, 64)}\n${wrap(adviceFor(word), 64)}`];
  });
  return `Held: waits for a human (${held.length})\n${table(['FOR', 'WHY', 'DEVICE, AND WHAT TO DO'], rows)}`;
}

function unreadable({ unreadable: devices }: StatusAnswer): string | null {
  if (devices.length === 0) return null;
  const lines = devices.map(({ key, detail }) => paragraph(`${key}: ${detail}`));
  return [`Unreadable (${devices.length}): nobody can say where these stand`, ...lines, paragraph(adviceFor('state_unreadable'))].join('\n');
}

function blocks({ blocks: waiting }: StatusAnswer, nowMs: number): string | null {
  if (waiting.length === 0) return null;
  const rows = waiting.map(({ scope, word, since: start, until, detail }) => [
    `${scope}\n${word}`,
    since(start, nowMs),
    until === null ? 'a probe succeeds' : `in ${span(until - nowMs)}`,
    `${wrap(detail, 45)}\n${wrap(adviceFor(word), 45)}`,
  ]);
  return `Work waits for\n${table(['WHOM', 'FOR', 'UNTIL', 'CAUSE, AND WHAT TO DO'], rows)}`;
}

function totals({ devices, queue, lastEventAt }: StatusAnswer, nowMs: number, paint: Paint): string {
  const jobs = Object.entries(queue).map(([state, count]) => `${count} ${state}`);
  const { unsettled, failed, held, lockedByUs } = devices;
  const uem = `UEM:     ${lastHeard(lastEventAt, nowMs)}`;
  const lines = [
    `Devices: ${unsettled} not settled yet, ${failed} given up for now, ${held} held, ${lockedByUs} locked by us`,
    `Queue:   ${jobs.join(', ')}`,
    isQuiet(lastEventAt, nowMs) ? paint('warning', uem) : uem,
  ];
  return lines.join('\n');
}

function isQuiet(at: number | null, nowMs: number): boolean {
  return at === null || nowMs - at > quietForMs;
}

function lastHeard(at: number | null, nowMs: number): string {
  const check = 'check the event notification in UEM (its target URL and credentials) and the receiver.';
  if (at === null) return `WARNING: never heard of; ${check}`;
  if (isQuiet(at, nowMs)) return `WARNING: last heard of ${span(nowMs - at)} ago, ${moment(at)};\n         ${check}`;
  return `last heard of ${span(nowMs - at)} ago`;
}

function newestRuns({ runs }: StatusAnswer, nowMs: number): string | null {
  if (runs.length === 0) return null;
  const rows = runs.map(({ endedAt, outcome, causes, key, detail }) => [
    since(endedAt, nowMs),
    outcome,
    wrap(causes.join(' and ') || '-', 24),
    [wrap(key, 45), ...(detail ? [wrap(detail, 45)] : [])].join('\n'),
  ]);
  return `Newest runs\n${table(['AGO', 'OUTCOME', 'WHY LOCKED', 'DEVICE'], rows)}`;
}

function oldestFirst<Device extends { since: number | null }>(devices: Device[]): Device[] {
  return devices.toSorted((a, b) => (a.since ?? 0) - (b.since ?? 0));
}

function called({ name, key }: { name: string | null; key: string }): string {
  return name === null ? key : `${name} (${key})`;
}

function deviceCell({ key, name, platform }: OpenDevice | StatusAnswer['held'][number]): string {
  const description = [name, platform].filter(Boolean).join(', ');
  return [wrap(key, 64), ...(description ? [wrap(description, 64)] : [])].join('\n');
}

function why({ causes }: { causes: string[] }): string {
  return wrap(causes.join(' and ') || '-', 16);
}

function since(at: number | null, nowMs: number): string {
  return at === null ? '?' : span(nowMs - at);
}

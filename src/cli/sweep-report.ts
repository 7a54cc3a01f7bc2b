import { adviceOnEnding, meaningOfKind } from './sweep-advice.js';
import type { ProgressAnswer, ReportAnswer } from './sweep-answers.js';
import { moment, paragraph, span, table, wrap, type Paint } from './terminal.js';

const shownPerKind = 10;

/** Where a sweep or an adoption is, in one line. */
export function renderProgress({ phase, okta, uem, repair }: ProgressAnswer): string {
  switch (phase) {
    case 'okta':
      return `Okta's inventory: ${okta.records} records ...`;
    case 'uem':
      return `UEM's inventory: ${uem.devices}${uem.total === null ? '' : ` of ${uem.total}`} devices ...`;
    case 'repair':
      return `Repair: ${repair.done} of ${repair.of} ...`;
    default:
      return `Suspended in Okta: ${okta.records} looked at, ${repair.done} of them to adopt ...`;
  }
}

/** The report for people: what ended it, coverage first, then every kind of difference with its devices. */
export function renderReport(report: ReportAnswer, paint: Paint): string {
  const sections = [headline(report, paint), coverage(report), differences(report), repairs(report), lists(report)];
  return sections.filter((section) => section !== null).join('\n\n');
}

function headline({ name, id, by, dryRun, startedAt, endedAt, ended, devices, calls }: ReportAnswer, paint: Paint): string {
  const made = Object.entries(calls).map(([upstream, count]) => `${count} of ${upstream}`).join(', ') || 'none';
  const what = `${name === 'sweep' ? 'Sweep' : 'Adoption'} ${id}${dryRun ? ' (dry run)' : ''} by ${by}`;
  const lines = [paragraph(`${what}: ${moment(startedAt)}, ${span(endedAt - startedAt)}, calls: ${made}.`, 0)];
  if (name === 'adopt') lines.push(paragraph(`${devices.okta} suspended records in Okta.`, 0));
  if (name === 'sweep') lines.push(paragraph(`${devices.uem} devices in UEM, ${devices.okta} records in Okta.${unusable(devices)}`, 0));
  if (ended !== null) lines.push(paint('alarm', paragraph(`INCOMPLETE: ${ended.word}. ${ended.detail}`, 0)), paragraph(adviceOnEnding(ended.word), 0), incomplete(name));
  return lines.join('\n');
}

function incomplete(name: string): string {
  return paragraph(name === 'sweep' ? 'What follows is what had been seen by then, and not all.' : 'What follows is what had been done by then.', 0);
}

function unusable({ unusable: count }: ReportAnswer['devices']): string {
  return count === 0 ? '' : ` Of UEM's devices ${count} cannot be looked for: an unknown platform, or no identifier.`;
}

function coverage({ coverage: platforms }: ReportAnswer): string | null {
  if (platforms.length === 0) return null;
  const rows = platforms.map(({ platform, records, identified, percent }) => [platform, `${percent} %`, `${identified} of ${records}`]);
  return `Coverage: records in Okta that can be found by what UEM sends\n${table(['PLATFORM', 'COVERED', 'RECORDS'], rows)}`;
}

function differences({ name, counts, ended }: ReportAnswer): string | null {
  const rows = Object.entries(counts).map(([kind, count]) => [String(count), kind, wrap(meaningOfKind(kind), 64)]);
  if (rows.length > 0) return `Differences\n${table(['DEVICES', 'KIND', 'WHAT IT MEANS'], rows)}`;
  return name === 'sweep' && ended === null ? 'No differences: UEM, Okta and the relay agree.' : null;
}

function repairs({ name, dryRun, repairable, repairs: done }: ReportAnswer): string | null {
  if (name === 'adopt') return adoptions(done, dryRun);
  if (dryRun && repairable > 0) return `A sweep that is no dry run would repair ${repairable}.`;
  const words = Object.entries(done).map(([word, count]) => `${count} ${word}`);
  if (words.length === 0) return null;
  return `Repairs: ${words.join(', ')}. Each goes through the ordinary line: relay status shows what waits.`;
}

function adoptions(done: ReportAnswer['repairs'], dryRun: boolean): string | null {
  const rows = Object.entries(done).map(([word, count]) => [String(count), word, wrap(meaningOfKind(word), 60)]);
  if (rows.length === 0) return null;
  const next = 'Next: relay sweep --dry-run, which shows whom the relay would let in (with UEM\'s REST API; without it each comes back by its next event).';
  return `${table(['RECORDS', dryRun ? 'WOULD BE' : 'NOW', 'WHAT IT MEANS'], rows)}${dryRun || done['adopted'] === undefined ? '' : `\n\n${paragraph(next, 0)}`}`;
}

function lists({ listed, counts, repairs: done }: ReportAnswer): string | null {
  const shown = Object.entries(listed).map(([kind, entries]) => {
    const names = entries.slice(0, shownPerKind).map(({ key, deviceId, recordIds = [] }) => [
      ...(key === undefined ? [] : [key]),
      ...(deviceId === undefined ? [] : [`UEM ${deviceId}`]),
      ...(recordIds.length === 0 ? [] : [`Okta ${recordIds.join(', ')}`]),
    ]);
    const others = (counts[kind] ?? done[kind] ?? entries.length) - names.length;
    return [`${kind}:`, ...names.map((parts) => paragraph(parts.join('; '))), ...(others > 0 ? [`  and ${others} more${entries.length > names.length ? ' (--json lists up to 100)' : ''}`] : [])].join('\n');
  });
  return shown.length === 0 ? null : shown.join('\n');
}

import { adviceOnEnding } from './sweep-advice.js';
import type { SweepStatusAnswer } from './sweep-answers.js';
import { renderProgress } from './sweep-report.js';
import { paragraph, span, type Paint } from './terminal.js';

/** What the status says of sweeps: how old the last complete one is, coverage, and what differs. */
export function renderSweepStatus(sweep: SweepStatusAnswer | null, nowMs: number, paint: Paint): string | null {
  if (sweep === null) return null;
  const { lastComplete, newest, running } = sweep;
  const incomplete = newest?.ended ?? null;
  const lines = [
    lastComplete === null ? 'No sweep has compared UEM and Okta yet.' : `Sweep:   last complete ${span(nowMs - lastComplete.endedAt)} ago: ${differences(lastComplete.counts)}`,
    ...(lastComplete === null || lastComplete.coverage.length === 0 ? [] : [`Coverage: ${covered(lastComplete.coverage)}`]),
    ...(running === null ? [] : [`Now: ${renderProgress(running)}`]),
    ...(incomplete === null ? [] : [paint('warning', `The newest one ended early: ${incomplete.word}. ${incomplete.detail} ${adviceOnEnding(incomplete.word)}`)]),
  ];
  return lines.map((line) => paragraph(line, 0)).join('\n');
}

function differences(counts: Record<string, number>): string {
  return Object.entries(counts).map(([kind, count]) => `${count} ${kind}`).join(', ') || 'no differences';
}

function covered(coverage: NonNullable<SweepStatusAnswer['lastComplete']>['coverage']): string {
  return coverage.map(({ platform, percent, identified, records }) => `${platform} ${percent} % (${identified} of ${records})`).join(', ');
}

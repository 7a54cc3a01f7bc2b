/** One thing that was measured. */
export type Figure = {
  what: string;
  unit: string;
  /** Null: cannot be measured on this machine. */
  measured: number | null;
  /** Absent: told for information only. */
  wanted?: { atLeast: number } | { atMost: number } | { exactly: number };
};

/** Whether the figure is as wanted; null where nothing is wanted or nothing was measured. */
export function isMet({ measured, wanted }: Figure): boolean | null {
  if (wanted === undefined || measured === null) return null;
  if ('atLeast' in wanted) return measured >= wanted.atLeast;
  if ('atMost' in wanted) return measured <= wanted.atMost;
  return measured === wanted.exactly;
}

/** The figures as lines for people: measured, wanted, met or not. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [figure.what, `${formatted(figure.measured)} ${figure.unit}`.trim(), wish(figure), verdict(figure)]);
  const all = [['FIGURE', 'MEASURED', 'WANTED', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

function formatted(value: number | null): string {
  if (value === null || Number.isNaN(value)) return 'not measured';
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 100 ? 1 : 2);
}

function wish({ wanted }: Figure): string {
  if (wanted === undefined) return '';
  if ('atLeast' in wanted) return `at least ${wanted.atLeast}`;
  return 'atMost' in wanted ? `at most ${wanted.atMost}` : String(wanted.exactly);
}

function verdict(figure: Figure): string {
  const met = isMet(figure);
  if (met === null) return '';
  return met ? 'met' : 'NOT MET';
}

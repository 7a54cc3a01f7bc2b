import Table from 'cli-table3';

/** Everything is laid out for a terminal of this width. */
const columns = 100;

/** Emphasis, where the terminal has any. */
export type Paint = (emphasis: 'alarm' | 'warning' | 'title', text: string) => string;

const codes = { alarm: '1;31', warning: '33', title: '1' } as const;

/** Colours for a terminal that shows them and whose user wants them (`hasColors` knows NO_COLOR); plain text for files and pipes. */
export function paintFor(stream: { isTTY?: boolean; hasColors?: () => boolean }): Paint {
  const coloured = stream.isTTY === true && stream.hasColors?.() === true;
  return (emphasis, text) => (coloured ? `\u001B[${codes[emphasis]}m${text}\u001B[0m` : text);
}

/** The same value with every text in it made harmless: no control sequence, hidden or direction-changing character is left. */
export function printable(value: unknown): unknown {
  if (typeof value === 'string') return printableText(value);
  if (Array.isArray(value)) return value.map(printable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [printableText(name), printable(inner)]));
}

/** A text on one line, without characters that a terminal obeys instead of showing them. */
export function printableText(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\p{Cf}]/gu, '');
}

/** The same lines without what a terminal would obey, e.g. where a message repeats what was typed. */
export function printableLines(text: string): string {
  return text.replaceAll(/(?!\n)[\p{Cc}\p{Cf}]/gu, '');
}

/** JSON for programs. It escapes the control characters that `JSON.stringify` leaves alone and a terminal would obey. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(/[\u007F-\u009F\u200E\u200F\u2028-\u202E\u2066-\u2069]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A stretch of time as people say it: `12 ms`, `0.8 s`, `4 min`, `2 h 5 min`, `3 d 4 h`. */
export function span(ms: number): string {
  if (ms > 0 && ms < 100) return `${Math.round(ms)} ms`;
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A moment in UTC with its date, `2026-03-04 01:02:03.456Z`. */
export function moment(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ');
}

/** Breaks a text into lines of at most `width` characters, between words where it can; nothing is cut off. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (joined.length <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = word.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [''];
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line].join('\n');
}

/** A paragraph, indented as a whole. */
export function paragraph(text: string, indent = 2): string {
  return indented(wrap(text, columns - indent), indent);
}

const noBorders = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '',
  right: '', 'right-mid': '', middle: '  ',
};

/** Columns under their headings, without borders. Cells are as wide as they come: wrap the ones that may be long. */
export function table(head: string[], rows: string[][]): string {
  const grid = new Table({ head, chars: noBorders, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } });
  grid.push(...rows);
  return indented(grid.toString(), 2);
}

function indented(text: string, indent: number): string {
  return text
    .split('\n')
    .map((line) => `${' '.repeat(indent)}${line}`.trimEnd())
    .join('\n');
}

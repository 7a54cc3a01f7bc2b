import { styleText } from 'node:util';

export type Row = {
  who: string;
  device: string;
  event: string;
  answer: string;
  effect: string;
  /** Milliseconds after the webhook arrived; null: it did not happen. */
  deviceMs: number | null;
  oktaMs: number | null;
  entraMs: number | null;
};

const styled = process.stdout.isTTY && !process.env['NO_COLOR'];
const style = (format: Parameters<typeof styleText>[0], text: string) => (styled ? styleText(format, text) : text);

/** Prints a line as it is. */
export function say(line = ''): void {
  console.log(line);
}

/** Prints what the next rows are about. */
export function sayTitle(text: string): void {
  say(style('bold', text));
}

/** Prints one line of the story: at most 100 columns. */
export function sayRow({ who, device, event, answer, effect, deviceMs, oktaMs, entraMs }: Row): void {
  const milliseconds = [deviceMs, oktaMs, entraMs].map((ms) => (ms === null ? '-' : String(ms)).padStart(6)).join('');
  const numbers = deviceMs === null && oktaMs === null && entraMs === null ? '' : milliseconds;
  say((columns([who, device, event, answer, effect]) + numbers).trimEnd());
}

/** Prints what the columns of the rows mean. */
export function sayHeader(): void {
  say(style('dim', columns(['', '', '', '', '']) + 'ms after webhook'.padStart(18)));
  say(style('dim', columns(['WHO', 'DEVICE', 'EVENT FROM UEM', 'ANSWER', 'WHAT THE RELAY DID']) + 'device  Okta Entra'));
}

const widths = [18, 8, 20, 11, 25];

function columns(cells: string[]): string {
  return cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('');
}

/** Prints a verdict in front of what it is about. */
export function sayVerdict(passed: boolean, text: string): void {
  say(`${style(passed ? 'green' : 'red', passed ? 'PASS' : 'FAIL')}  ${text}`);
}

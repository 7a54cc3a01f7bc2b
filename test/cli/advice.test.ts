import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { runHere } from './run.js';

/** `relay …` in backticks, also escaped ones of a template, and lines of `npx relay …` in a code block up to their comment. */
const mention = /`(?:npx )?relay ([^`\n]+)`|^ +(?:npx |docker compose exec \w+ )relay ([^\n#]+)/gm;

function mentionsIn(path: string): string[] {
  const text = readFileSync(path, 'utf8').replaceAll('\\`', '`');
  return [...text.matchAll(mention)].flatMap(([, quoted, line]) => (quoted ?? line ?? '').split(/; (?:npx )?relay /)).map((words) => words.trim());
}

/** The command that the words begin with, as its help names it, and that help. */
async function helpFor(words: string[]): Promise<{ command: string; help: string }> {
  for (const length of [2, 1]) {
    const path = words.slice(0, length).filter((word) => !word.startsWith('-'));
    const { code, out } = await runHere([...path, '--help'], {});
    if (code === 0 && out.startsWith(`Usage: relay ${path.join(' ')} [`)) return { command: path.join(' '), help: out };
  }
  return { command: '', help: '' };
}

/** `failed replay|discard`, as the two commands that are meant. */
function spelledOut(text: string): string[][] {
  const words = text.split(/\s+/);
  const at = words.findIndex((word) => /^\w+(\|\w+)+$/.test(word));
  return at === -1 ? [words] : (words[at] ?? '').split('|').map((word) => words.with(at, word));
}

const advising = ['advice', 'sweep-advice', 'safeguard', 'status', 'device', 'sweep-report', 'incident'].map((name) => `src/cli/${name}.ts`);
const told = ['README.md', 'docs/runbook.md', 'docs/policy.md', ...readdirSync('src/cli').map((name) => `src/cli/${name}`)];
const mentions = told.flatMap((path) => mentionsIn(path).flatMap(spelledOut).map((words) => ({ path, words, text: words.join(' ') })));

describe('a command that people are told to type', () => {
  it('is found in the documents and in the advice', () => {
    for (const path of ['README.md', 'docs/runbook.md', 'src/cli/advice.ts']) expect(mentions.filter((found) => found.path === path).length).toBeGreaterThan(2);
  });

  it.each(mentions)('exists, with its options: relay $text ($path)', async ({ path, words, text }) => {
    const { command, help } = await helpFor(words);
    expect(command).not.toBe('');
    const options = [...text.matchAll(/--[a-z-]+/g)].map(([option]) => option);
    expect(options.filter((option) => !help.includes(option))).toEqual([]);
    const needsReason = advising.includes(path) && /--reason <text> +why, for the audit(?! \(default)/.test(help);
    expect(needsReason && !options.includes('--reason')).toBe(false);
  });
});

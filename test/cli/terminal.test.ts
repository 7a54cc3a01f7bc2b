import { describe, expect, it } from '@jest/globals';
import { jsonText, paintFor, printable, printableLines, span, table, wrap } from '../../src/cli/terminal.js';

const obeyed = /(?!\n)[\p{Cc}\u202A-\u202E\u2066-\u2069]/u;

describe('text from outside', () => {
  it('loses everything that a terminal obeys, in values, lists and names', () => {
    const hostile = 'a\u001B]0;title\u0007b\u009B2Jc\r\nd\u202Ee\u0000';
    const shown = JSON.stringify(printable({ [hostile]: [hostile, { inner: hostile }], number: 1, nothing: null }));
    expect(shown).not.toMatch(obeyed);
    expect(shown).not.toMatch(/\\u00|\\r|\\n/);
    expect(shown).toContain('a]0;titleb2Jc de');
  });

  it('keeps letters of every language', () => {
    expect(printable('Ærøs 携帯 📱 Ünïcode')).toBe('Ærøs 携帯 📱 Ünïcode');
  });

  it('keeps its lines in complaints', () => {
    expect(printableLines('one\n  two \u001B[31m')).toBe('one\n  two [31m');
  });

  it('is escaped in JSON, which stays the same JSON', () => {
    const value = { name: '\u001B[2J \u009B2J \u202E' };
    expect(jsonText(value)).not.toMatch(obeyed);
    expect(JSON.parse(jsonText(value))).toEqual(value);
  });
});

describe('a stretch of time', () => {
  it.each([
    [-5, '0 s'],
    [0, '0 s'],
    [12, '12 ms'],
    [840, '0.8 s'],
    [12_900, '12 s'],
    [240_000, '4 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [172_800_000, '2 d'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms reads %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });
});

describe('layout', () => {
  it('breaks lines between words, and words that are too long', () => {
    expect(wrap('one two three', 7)).toBe('one two\nthree');
    expect(wrap('abcdefghij k', 4)).toBe('abcd\nefgh\nij k');
    expect(wrap('', 4)).toBe('');
  });

  it('aligns columns without borders, indented, each under its heading', () => {
    expect(table(['A', 'LONG'], [['one', '1'], ['x', '2\n3']])).toBe('  A    LONG\n  one  1\n  x    2\n       3');
  });
});

describe('colours', () => {
  it('are for terminals that show them only', () => {
    expect(paintFor({ isTTY: true, hasColors: () => true })('alarm', 'x')).toBe('\u001B[1;31mx\u001B[0m');
    expect(paintFor({ isTTY: true, hasColors: () => false })('alarm', 'x')).toBe('x');
    expect(paintFor({ hasColors: () => true })('alarm', 'x')).toBe('x');
    expect(paintFor({})('alarm', 'x')).toBe('x');
  });
});

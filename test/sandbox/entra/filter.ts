import type { EntraUser } from './directory.js';

/** Thrown for a filter outside the subset; Graph would answer 400. */
export class FilterSyntaxError extends Error {}

type Test = (user: EntraUser) => boolean;

/**
 * Parses the OData filters that need no `ConsistencyLevel`: `eq` on id, userPrincipalName and mail, `any` with `eq` on proxyAddresses and
 * otherMails, `and`, `or`, parentheses. Texts compare case-insensitively, except the prefix of a proxy address: what Graph does there is not
 * documented, so a client has to ask for `smtp:` and `SMTP:`.
 */
export function parseFilter(filter: string): Test {
  const tokens = filter.match(lexeme) ?? [];
  if (tokens.join('') !== filter.replaceAll(spaceOutsideTexts, '')) throw new FilterSyntaxError('unreadable filter');
  const test = parseOr(tokens);
  if (tokens.length > 0) throw new FilterSyntaxError(`unexpected ${tokens[0]}`);
  return test;
}

const lexeme = /'(?:[^']|'')*'|[()]|\/any|[A-Za-z]+:[A-Za-z]+|[A-Za-z]+/g;
const spaceOutsideTexts = /\s+(?=(?:[^']*'[^']*')*[^']*$)/g;

function parseOr(tokens: string[]): Test {
  const tests = [parseAnd(tokens)];
  while (accept(tokens, 'or')) tests.push(parseAnd(tokens));
  return (user) => tests.some((test) => test(user));
}

function parseAnd(tokens: string[]): Test {
  const tests = [parseFactor(tokens)];
  while (accept(tokens, 'and')) tests.push(parseFactor(tokens));
  return (user) => tests.every((test) => test(user));
}

function parseFactor(tokens: string[]): Test {
  if (accept(tokens, '(')) {
    const inner = parseOr(tokens);
    take(tokens, ')');
    return inner;
  }
  const property = tokens.shift();
  if (property === 'proxyAddresses' || property === 'otherMails') return parseAny(tokens, property);
  if (property !== 'mail' && property !== 'userPrincipalName' && property !== 'id') {
    throw new FilterSyntaxError(`unsupported property ${property ?? ''}`);
  }
  take(tokens, 'eq');
  const wanted = text(tokens).toLowerCase();
  return (user) => user[property]?.toLowerCase() === wanted;
}

function parseAny(tokens: string[], property: 'proxyAddresses' | 'otherMails'): Test {
  take(tokens, '/any');
  take(tokens, '(');
  const [variable, name] = (tokens.shift() ?? '').split(':');
  if (!variable || variable !== name) throw new FilterSyntaxError('a lambda such as p:p is expected');
  take(tokens, 'eq');
  const wanted = foldAddress(text(tokens));
  take(tokens, ')');
  return (user) => user[property].some((value) => foldAddress(value) === wanted);
}

function foldAddress(address: string): string {
  const prefix = /^[a-z0-9]+:/i.exec(address)?.[0] ?? '';
  return prefix + address.slice(prefix.length).toLowerCase();
}

function text(tokens: string[]): string {
  const token = tokens.shift() ?? '';
  if (!token.startsWith("'")) throw new FilterSyntaxError('a text in single quotes is expected');
  return token.slice(1, -1).replaceAll("''", "'");
}

function take(tokens: string[], wanted: string): void {
  if (!accept(tokens, wanted)) throw new FilterSyntaxError(`${wanted} is expected`);
}

function accept(tokens: string[], wanted: string): boolean {
  if (tokens[0] !== wanted) return false;
  tokens.shift();
  return true;
}

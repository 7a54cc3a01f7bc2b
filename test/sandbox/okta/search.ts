/** Thrown for an expression that Okta would answer with 400. */
export class SearchSyntaxError extends Error {}

/** The value of an attribute as text; null: absent; undefined: there is no such attribute (their names are case-sensitive). */
type AttributeOf<T> = (object: T, attribute: string) => string | null | undefined;

type Search<T> = {
  matches: (object: T) => boolean;
  /** Of the attributes `names`, the values of which a matching object has at least one; null: the expression does not say so. */
  anyOf: (names: ReadonlySet<string>) => Wanted[] | null;
};

/** An attribute and the value that it is to equal, in lower case. */
export type Wanted = { attribute: string; value: string };

type Expression = { test: (attribute: (name: string) => string | null | undefined) => boolean; anyOf: Search<unknown>['anyOf'] };

const comparisons: Record<string, (actual: string, wanted: string) => boolean> = {
  eq: (actual, wanted) => actual === wanted,
  sw: (actual, wanted) => actual.startsWith(wanted),
  co: (actual, wanted) => actual.includes(wanted),
  gt: (actual, wanted) => actual > wanted,
  ge: (actual, wanted) => actual >= wanted,
  lt: (actual, wanted) => actual < wanted,
  le: (actual, wanted) => actual <= wanted,
};

/**
 * Parses a SCIM filter expression of the subset that Okta documents for devices and users; values compare case-insensitively.
 * Throws `SearchSyntaxError`; `matches` throws it too, for an unknown attribute.
 */
export function parseSearch<T>(expression: string, attributeOf: AttributeOf<T>): Search<T> {
  const tokens = tokenize(expression);
  const { test, anyOf } = parseOr(tokens);
  if (tokens.length > 0) throw new SearchSyntaxError(`unexpected ${tokens[0]}`);
  return { matches: (object) => test((name) => attributeOf(object, name)), anyOf };
}

const token = /\s*(\(|\)|"(?:[^"\\]|\\.)*"|[^\s()"]+)/y;

function tokenize(expression: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  const text = expression.trim();
  while (token.lastIndex < text.length) {
    const found = token.exec(text);
    if (!found?.[1]) throw new SearchSyntaxError('unreadable expression');
    tokens.push(found[1]);
  }
  return tokens;
}

function parseOr(tokens: string[]): Expression {
  const parts = [parseAnd(tokens)];
  while (accept(tokens, 'or')) parts.push(parseAnd(tokens));
  return {
    test: (attribute) => parts.map(({ test }) => test(attribute)).includes(true),
    anyOf: (names) => {
      const wanted = parts.map(({ anyOf }) => anyOf(names));
      return wanted.includes(null) ? null : wanted.flatMap((values) => values ?? []);
    },
  };
}

function parseAnd(tokens: string[]): Expression {
  const parts = [parseFactor(tokens)];
  while (accept(tokens, 'and')) parts.push(parseFactor(tokens));
  return {
    test: (attribute) => !parts.map(({ test }) => test(attribute)).includes(false),
    anyOf: (names) => parts.map(({ anyOf }) => anyOf(names)).find((values) => values !== null) ?? null,
  };
}

function parseFactor(tokens: string[]): Expression {
  if (!accept(tokens, '(')) return parseComparison(tokens);
  const inner = parseOr(tokens);
  if (!accept(tokens, ')')) throw new SearchSyntaxError('missing )');
  return inner;
}

function parseComparison(tokens: string[]): Expression {
  const [name = '', operator = '', literal = ''] = tokens.splice(0, 3);
  const compare = comparisons[operator.toLowerCase()];
  if (!/^[A-Za-z][\w.]*$/.test(name) || !compare) throw new SearchSyntaxError('attribute and operator expected');
  const wanted = parseLiteral(literal).toLowerCase();
  return {
    test: (attribute) => {
      const actual = attribute(name);
      if (actual === undefined) throw new SearchSyntaxError(`unknown attribute ${name}`);
      return actual !== null && compare(actual.toLowerCase(), wanted);
    },
    anyOf: (names) => (operator.toLowerCase() === 'eq' && names.has(name) ? [{ attribute: name, value: wanted }] : null),
  };
}

function parseLiteral(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    throw new SearchSyntaxError('the value is not a JSON literal');
  }
}

function accept(tokens: string[], wanted: string): boolean {
  if (tokens[0]?.toLowerCase() !== wanted) return false;
  tokens.shift();
  return true;
}

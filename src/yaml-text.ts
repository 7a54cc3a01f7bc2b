import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type Alias, type Document } from 'yaml';

/** What a YAML text holds, and on which line. */
export type YamlText = {
  content: unknown;
  /** The line of the nearest thing that is written: what is missing is reported where it should be. */
  lineOf: (path: readonly PropertyKey[]) => number;
};

type YamlMistake = { line: number; what: string };

/** Reads a YAML text, or says what is wrong with it. */
export function readYaml(text: string): YamlText | { mistakes: YamlMistake[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const mistakes = [...document.errors, ...document.warnings].map(({ pos, message }) => ({ line: lineAt(pos[0]), what: withoutPlace(message) }));
  const aliases = aliasesIn(document);
  const unknown = aliases.filter((alias) => alias.resolve(document) === undefined);
  mistakes.push(...unknown.map((alias) => ({ line: lineAt(startOf(alias) ?? 0), what: `nothing above is called &${alias.source}` })));
  if (mistakes.length > 0) return { mistakes };
  try {
    return { content: document.toJS() as unknown, lineOf: (path) => lineAt(offsetOf(document, path)) };
  } catch {
    return { mistakes: [{ line: lineAt(startOf(aliases[0]) ?? 0), what: 'too much is repeated by aliases (*name)' }] };
  }
}

/** The parser names the place at the end of its first line. */
function withoutPlace(message: string): string {
  return message.replace(/ at line \d+, column \d+:?[^]*$/, '');
}

function aliasesIn(document: Document): Alias[] {
  const found: Alias[] = [];
  visit(document, { Alias: (_key, alias) => void found.push(alias) });
  return found;
}

/** Of what an alias repeats, the place is where it is repeated. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const name of path) {
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(name)) : undefined;
    const child: unknown = isSeq(node) ? node.items[Number(name)] : pair?.value;
    const start = startOf(pair?.key ?? child);
    if (start === undefined) break;
    offset = start;
    if (isAlias(child)) break;
    node = child;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

import { posix } from 'node:path';

export type SourceFile = { path: string; text: string };
type Rule = { title: string; violations: (files: readonly SourceFile[]) => string[] };

/**
 * Which unit may import which other units. A unit is a folder below src/, a single file there, or workers/; adding one means
 * adding a row. What decides imports nothing; adapters and memory never meet; processes do not import one another.
 */
const upstreams = ['compliance', 'failure', 'http-call', 'token-source', 'key-pair'];
const memory = ['compliance', 'failure'];
const singleFiles = ['config', 'settings', 'secret', 'log', 'problem', 'failure', 'http-call', 'shutdown', 'listen', 'redis-target', 'policy-file', 'upstream-options', 'certificates'];
const everythingButProcesses = ['compliance', 'uem', 'okta', 'entra', 'store', 'queue', ...singleFiles];
const mayImport: Record<string, readonly string[]> = {
  compliance: [],
  failure: [],
  json: [],
  leave: [],
  'http-call': ['failure', 'leave'],
  'token-source': ['leave'],
  secret: ['log'],
  'key-pair': [],
  settings: ['secret', 'key-pair'],
  config: ['settings', 'secret'],
  log: [],
  problem: [],
  shutdown: ['config'],
  'yaml-text': [],
  'policy-file': ['compliance', 'config', 'settings', 'yaml-text'],
  'tls-pair': ['config', 'key-pair', 'secret', 'settings'],
  certificates: ['key-pair', 'log', 'settings', 'tls-pair'],
  listen: ['secret', 'settings', 'tls-pair'],
  'redis-target': ['config', 'settings', 'store'],
  'upstream-options': ['okta', 'entra', 'uem', 'settings'],
  uem: [...upstreams, 'json'],
  okta: [...upstreams, 'json'],
  entra: [...upstreams, 'json', 'leave'],
  store: [...memory, 'json'],
  queue: memory,
  receiver: everythingButProcesses,
  console: everythingButProcesses,
  doctor: ['okta', 'entra', 'uem', 'store', 'config', 'settings', 'compliance', 'failure', 'http-call', 'upstream-options', 'redis-target', 'policy-file'],
  cli: [...everythingButProcesses, 'doctor', 'json'],
  workers: [...everythingButProcesses, 'leave'],
  main: [...everythingButProcesses, 'receiver', 'console', 'workers'],
};

const maxLines = 250;
const forbiddenNames = new Set(['index', 'util', 'utils', 'helper', 'helpers', 'common']);

export const rules: readonly Rule[] = [
  {
    title: 'Every unit imports only what the table allows it.',
    violations: (files) =>
      imports(files)
        .filter(({ from, to }) => to !== null && unit(from) !== unit(to) && !mayImport[unit(from)]?.includes(unit(to)))
        .map(({ from, to }) => `${from} imports ${to}`),
  },
  {
    title: 'Every folder and single file has a row in the table.',
    violations: (files) => paths(files).filter((path) => !(unit(path) in mayImport)),
  },
  {
    title: 'Every relative import ends in .js and resolves to a file.',
    violations: (files) => imports(files).filter(({ to }) => to === null).map(({ from, specifier }) => `${from} imports ${specifier}`),
  },
  {
    title: 'Nobody imports a main.ts.',
    violations: (files) => imports(files).filter(({ to }) => to !== null && name(to) === 'main').map(({ from, to }) => `${from} imports ${to}`),
  },
  { title: 'No file imports itself over others, types included.', violations: cycles },
  {
    title: 'Decisions in compliance are pure: they import only zod and use no clock, chance or network.',
    violations: (files) =>
      files
        .filter(({ path }) => unit(path) === 'compliance')
        .filter(({ text }) => packages(text).some((packageName) => packageName !== 'zod') || impureCall.test(text))
        .map(({ path }) => path),
  },
  {
    title: 'Only src/config.ts reads the environment.',
    violations: (files) => matching(files, /\bprocess\s*(\.\s*env\b|\[\s*['"]env)|\benv\b[^;\n]*from ['"](node:)?process['"]/).filter((path) => path !== 'src/config.ts'),
  },
  {
    title: 'At most one file outside src/okta causes a suspension.',
    violations: (files) => {
      const callers = matching(files, /\.\s*suspendDevice\s*\(/).filter((path) => unit(path) !== 'okta');
      return callers.length > 1 ? callers : [];
    },
  },
  { title: 'No file is a barrel or a drawer without a noun.', violations: (files) => paths(files).filter(hasForbiddenName) },
  { title: 'Nothing is exported as default.', violations: (files) => matching(files, /^\s*export\s+default\b|^\s*export\s*\{[^}]*\bas\s+default\b/m) },
  {
    title: `No file is longer than ${maxLines} lines.`,
    violations: (files) => files.filter(({ text }) => text.trimEnd().split('\n').length > maxLines).map(({ path }) => path),
  },
];

const impureCall = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bfetch\(|\bset(Timeout|Interval)\(|\bperformance\.now\(/;

const importForms = [
  /^import\s+(?:type\s+)?[\w$*{}\s,]+?\s+from\s*['"]([^'"]+)['"]/gm,
  /^import\s*['"]([^'"]+)['"]/gm,
  /^export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*['"]([^'"]+)['"]/gm,
  /\b(?:import|require)\s*\(\s*['"]([^'"]+)['"]/g,
];

/** What a file names in its import and re-export declarations, its `import()` calls and its `import()` types. */
export function specifiers(text: string): string[] {
  return importForms.flatMap((form) => [...text.matchAll(form)].map(([, specifier = '']) => specifier));
}

const packages = (text: string) => specifiers(text).filter((specifier) => !specifier.startsWith('.'));

type Import = { from: string; specifier: string; to: string | null };

function imports(files: readonly SourceFile[]): Import[] {
  const known = new Set(paths(files));
  return files.flatMap(({ path, text }) =>
    specifiers(text)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => {
        const target = posix.join(posix.dirname(path), specifier.replace(/\.js$/, '.ts'));
        return { from: path, specifier, to: specifier.endsWith('.js') && known.has(target) ? target : null };
      }),
  );
}

function cycles(files: readonly SourceFile[]): string[] {
  const all = imports(files);
  const reachable = (start: string) => {
    const seen = new Set<string>();
    const visit = (path: string) => {
      for (const { from, to } of all) {
        if (from !== path || to === null || seen.has(to)) continue;
        seen.add(to);
        visit(to);
      }
    };
    visit(start);
    return seen;
  };
  return paths(files).filter((path) => reachable(path).has(path));
}

function unit(path: string): string {
  const [top = '', next = ''] = path.split('/');
  return top === 'src' ? next.replace(/\.ts$/, '') : top;
}

const paths = (files: readonly SourceFile[]) => files.map(({ path }) => path);
const name = (path: string) => posix.basename(path, '.ts');
const matching = (files: readonly SourceFile[], pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
const hasForbiddenName = (path: string) => path.split('/').some((part) => forbiddenNames.has(part.replace(/\.ts$/, '')));

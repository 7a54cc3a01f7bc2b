import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { rules, specifiers, type SourceFile } from './architecture-rules.js';

const root = join(import.meta.dirname, '..');
const files = ['src', 'workers'].filter((folder) => existsSync(join(root, folder))).flatMap(sourceFiles);

function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path).replaceAll('\\', '/'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

describe('the code keeps its shape', () => {
  it('is found at all', () => {
    expect(files.map(({ path }) => path)).toContain('src/failure.ts');
  });

  it.each(rules)('$title', ({ violations }) => expect(violations(files)).toEqual([]));
});

/** Per rule, small source trees that break it, and the paths or imports it names. */
const broken: Record<string, Array<{ tree: Record<string, string>; named: string[] }>> = {
  'Every unit imports only what the table allows it.': [
    { tree: { 'src/compliance/plan.ts': "import { a } from '../failure.js';", 'src/failure.ts': '' }, named: ['src/compliance/plan.ts imports src/failure.ts'] },
    { tree: { 'src/okta/a.ts': "import type { B } from '../entra/b.js';", 'src/entra/b.ts': '' }, named: ['src/okta/a.ts imports src/entra/b.ts'] },
    { tree: { 'src/uem/a.ts': "type B = import('../store/b.js').B;", 'src/store/b.ts': '' }, named: ['src/uem/a.ts imports src/store/b.ts'] },
    { tree: { 'src/store/a.ts': "export { b } from '../queue/b.js';", 'src/queue/b.ts': '' }, named: ['src/store/a.ts imports src/queue/b.ts'] },
    { tree: { 'src/receiver/a.ts': "await import('../../workers/b.js');", 'workers/b.ts': '' }, named: ['src/receiver/a.ts imports workers/b.ts'] },
    { tree: { 'workers/a.ts': "import '../src/main.js';", 'src/main.ts': '' }, named: ['workers/a.ts imports src/main.ts'] },
  ],
  'Every folder and single file has a row in the table.': [
    { tree: { 'src/notifier/mail.ts': '', 'src/clock.ts': '' }, named: ['src/notifier/mail.ts', 'src/clock.ts'] },
  ],
  'Every relative import ends in .js and resolves to a file.': [
    { tree: { 'src/okta/a.ts': "import { b } from './b.js';" }, named: ['src/okta/a.ts imports ./b.js'] },
    { tree: { 'src/okta/a.ts': "import { b } from './b';", 'src/okta/b.ts': '' }, named: ['src/okta/a.ts imports ./b'] },
  ],
  'Nobody imports a main.ts.': [
    { tree: { 'src/main.ts': "import { start } from './receiver/main.js';", 'src/receiver/main.ts': '' }, named: ['src/main.ts imports src/receiver/main.ts'] },
  ],
  'No file imports itself over others, types included.': [
    {
      tree: { 'src/okta/a.ts': "import type { B } from './b.js';", 'src/okta/b.ts': "import {\n  c,\n} from './c.js';", 'src/okta/c.ts': "export * from './a.js';", 'src/okta/d.ts': "import './a.js';" },
      named: ['src/okta/a.ts', 'src/okta/b.ts', 'src/okta/c.ts'],
    },
  ],
  'Decisions in compliance are pure: they import only zod and use no clock, chance or network.': [
    { tree: { 'src/compliance/a.ts': "import { readFile } from 'node:fs/promises';" }, named: ['src/compliance/a.ts'] },
    { tree: { 'src/compliance/a.ts': 'const now = Date.now();' }, named: ['src/compliance/a.ts'] },
  ],
  'Only src/config.ts reads the environment.': [
    { tree: { 'src/config.ts': 'process.env', 'src/log.ts': "process.env['LOG_LEVEL']" }, named: ['src/log.ts'] },
    { tree: { 'src/log.ts': "import { env } from 'node:process';" }, named: ['src/log.ts'] },
  ],
  'At most one file outside src/okta causes a suspension.': [
    {
      tree: { 'src/okta/a.ts': 'api.suspendDevice(id)', 'workers/a.ts': 'okta.suspendDevice(id)', 'src/console/b.ts': 'okta\n  .suspendDevice(id)' },
      named: ['workers/a.ts', 'src/console/b.ts'],
    },
  ],
  'No file is a barrel or a drawer without a noun.': [
    { tree: { 'src/okta/index.ts': '', 'src/utils/text.ts': '', 'workers/helpers.ts': '' }, named: ['src/okta/index.ts', 'src/utils/text.ts', 'workers/helpers.ts'] },
  ],
  'Nothing is exported as default.': [
    { tree: { 'src/log.ts': 'export default 1;', 'workers/a.ts': 'export { a as default };' }, named: ['src/log.ts', 'workers/a.ts'] },
  ],
  'No file is longer than 250 lines.': [
    { tree: { 'src/log.ts': 'x\n'.repeat(251), 'src/config.ts': 'x\n'.repeat(250) }, named: ['src/log.ts'] },
  ],
};

describe('each rule can fail', () => {
  it('has an example for every rule', () => {
    expect(Object.keys(broken)).toEqual(rules.map(({ title }) => title));
  });

  const examples = rules.flatMap(({ title, violations }) =>
    (broken[title] ?? []).map(({ tree, named }) => ({ title, violations, tree, named, where: Object.keys(tree).join(', ') })),
  );

  it.each(examples)('$title Broken by: $where', ({ violations, tree, named }) => {
    expect(violations(Object.entries(tree).map(([path, text]) => ({ path, text })))).toEqual(named);
  });
});

describe('imports are read from the text', () => {
  it('finds every form and nothing in comments, strings or other code', () => {
    const text = [
      "import a, { type B } from './1.js';",
      "import * as c from './2.js';",
      "import type D from './3.js';",
      "import './4.js';",
      "export type { E } from './5.js';",
      "export * as f from './6.js';",
      "const g = await import('./7.js');",
      "// import h from './8.js';",
      " * import i from './9.js';",
      'const text = "taken from \'./10.js\'";',
      'export const from = 1;',
    ].join('\n');
    expect(specifiers(text).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7].map((number) => `./${number}.js`));
  });
});

import { Option, type Command } from 'commander';
import { z } from 'zod';
import { ConfigError, secretNames, type Environment } from '../config.js';
import { describeCompleteness, problemsFor, processes, type RelayProcess } from '../doctor/completeness.js';
import { settingsSchemas, type SettingsPart } from '../settings.js';
import { keyProblems } from './key-problems.js';
import { jsonText, paragraph, printable, printableText, table, wrap } from './terminal.js';

const variableSchema = z.object({
  name: z.string(),
  source: z.enum(['environment', 'file', 'default', 'unset']),
  /** Null for secrets and for what is unset. */
  value: z.string().nullable(),
});

/** What `relay config check --json` prints. */
export const configReportSchema = z.object({ usable: z.boolean(), variables: z.array(variableSchema), problems: z.array(z.string()) });

export type ConfigReport = z.infer<typeof configReportSchema>;

/** Looks at every variable that a process of the relay reads, and at the files that they name. No network. */
function checkConfig(environment: Environment, relayProcess: RelayProcess): ConfigReport {
  const parts = [...processes[relayProcess]];
  const found = [...problemsFor(relayProcess, environment), ...keyProblems(parts, environment)];
  const problems = [...new Set(found)];
  return { usable: problems.length === 0, variables: parts.flatMap((part) => variablesOf(part, environment)), problems };
}

function variablesOf(part: SettingsPart, environment: Environment): ConfigReport['variables'] {
  return Object.entries<z.ZodType>(settingsSchemas[part].shape).map(([name, schema]) => {
    if (secretNames.includes(name)) return { name, source: environment[`${name}_FILE`] ? 'file' : environment[name] ? 'environment' : 'unset', value: null };
    const value = environment[name];
    if (value) return { name, source: 'environment', value: withoutCredentials(name, value) };
    const fallback = schema instanceof z.ZodPrefault ? schema.def.defaultValue : schema.safeParse(undefined).data;
    return fallback === undefined ? { name, source: 'unset', value: null } : { name, source: 'default', value: z.coerce.string().parse(fallback) };
  });
}

/** A URL may carry a password before its host or in its query, also one that cannot be read as a URL. */
function withoutCredentials(name: string, value: string): string {
  return /URL|HOST|SENTINELS/.test(name) ? value.replace(/^([a-z]+:\/\/)?.*@/is, '$1***@').replace(/\?.*/s, '?***') : value;
}

/** Adds `relay config check`, which prints the report and throws `ConfigError` where there are problems. */
export function addConfigCheck(program: Command, { write, environment }: { write: (text: string) => void; environment: () => Environment }): void {
  program
    .command('config')
    .description('the configuration of the relay')
    .command('check')
    .description(
      'reads the environment of this command as the relay would, and the files that it names: run it where the relay runs, ' +
        'e.g. in its container, or node --env-file=.env dist/src/cli/main.js config check',
    )
    .addOption(new Option('--for <process>', 'what one process reads').choices(Object.keys(processes)).default('all-in-one'))
    .option('--json', 'the report as JSON, for programs')
    .action((options: { for: RelayProcess; json?: true }) => {
      const report = checkConfig(environment(), options.for);
      write(`${options.json ? jsonText(printable(report)) : renderConfig(report, environment(), options.for)}\n`);
      if (!report.usable) throw new ConfigError(report.problems.map(printableText));
    });
}

function renderConfig({ usable, variables }: ConfigReport, environment: Environment, relayProcess: RelayProcess): string {
  const rows = variables.map(({ name, source, value }) => [name, ...shown(source, value)]);
  const text = table(['VARIABLE', 'IS', 'VALUE'], rows);
  const extent = paragraph(`All processes: ${describeCompleteness(environment)}.`, 0);
  return usable ? `${text}\n\nThe configuration is usable for ${relayProcess}.\n${extent}` : text;
}

const words = { environment: 'set', file: 'set (file)', default: 'default', unset: 'unset' } as const;

function shown(source: ConfigReport['variables'][number]['source'], value: string | null): [string, string] {
  return [words[source], value === null ? '' : wrap(printableText(value), 54)];
}

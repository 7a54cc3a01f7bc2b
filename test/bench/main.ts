import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { isMet, tableOf, type Figure } from './figure.js';
import { measurements } from './measurements.js';
import { nodeVersions, ownNode } from './node-versions.js';
import { fullPlan, quickPlan } from './plan.js';
import { onStage } from './stage.js';

const usage = `npm run bench [-- --quick] [-- --only ${Object.keys(measurements).join(',')}]
  --quick  a tiny run on this Node alone: proves that the bench works, its figures mean nothing
  --only   these measurements only`;

type Wanted = { quick: boolean; names: string[] };

/** What the command line asks for; null, with an explanation, when it cannot be understood. */
function readArguments(): Wanted | null {
  try {
    const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
    const names = values.only?.split(',') ?? Object.keys(measurements);
    const unknown = names.find((name) => !(name in measurements));
    if (unknown === undefined) return { quick: values.quick, names };
    say(`There is no measurement called "${unknown}".\n${usage}`);
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
  return null;
}

/**
 * Measures the compiled relay on loopback and prints what was measured beside what is wanted: a table per measurement as soon as it is known,
 * at the end one JSON object. A figure that is not met fails nothing; the exit code is 1 only when the bench itself breaks, 2 for wrong usage.
 */
async function bench({ quick, names }: Wanted): Promise<void> {
  const plan = quick ? quickPlan : fullPlan;
  const results: { node: string; figures: Figure[] }[] = [];
  const nodes = quick ? [ownNode] : await nodeVersions(say);
  for (const [index, { version, executable: node }] of nodes.entries()) {
    const figures: Figure[] = [];
    for (const [name, { measure, rateLimit, oneNode }] of Object.entries(measurements)) {
      if (!names.includes(name) || (oneNode && index > 0)) continue;
      say(`Node ${version}: ${name} …`);
      const measured = await onStage({ plan, node, rateLimit: rateLimit?.(plan) }, measure);
      console.log(`\nNode ${version}, ${name}${quick ? ' (quick: the figures mean nothing)' : ''}\n\n${tableOf(measured)}\n`);
      figures.push(...measured);
    }
    results.push({ node: version, figures });
  }
  console.log(JSON.stringify({ machine: machine(), plan, results: results.map(judged) }));
}

function judged({ node, figures }: { node: string; figures: Figure[] }) {
  return { node, figures: figures.map((figure) => ({ ...figure, measured: rounded(figure.measured), met: isMet(figure) })) };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000;
}

function machine() {
  return { platform: process.platform, arch: process.arch, cpus: cpus().map(({ model }) => model) };
}

/** Progress, beside the results. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

// What was started ends with this process, which a signal alone would not allow.
process.once('SIGTERM', () => process.exit(143)).once('SIGINT', () => process.exit(130));
const wanted = readArguments();
if (wanted === null) process.exitCode = 2;
else {
  await bench(wanted).catch((error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  });
}

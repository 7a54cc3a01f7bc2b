import { parseArgs } from 'node:util';
import { checkEverything } from './checks.js';
import { keepRunning } from './keep-running.js';
import { say, sayHeader, sayVerdict } from './screen.js';
import { startStage } from './stage.js';
import { tellStory } from './story.js';

type Stop = () => Promise<void>;

class Interrupted extends Error {}

/** Plays the whole demo; true when everything was as it should be. */
async function perform(end: AbortController, onStop: (stop: Stop) => void, keep: boolean): Promise<boolean> {
  say('What posture-relay does about the events of Workspace ONE UEM. Everything runs on this machine:');
  const stage = await startStage(end, onStop);
  const startedAt = Date.now();
  sayHeader();
  const told = await tellStory(stage);
  const passed = await checkEverything(stage, told);
  sayVerdict(passed, `the whole demo, in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  if (!keep) return passed;
  await keepRunning(stage);
  if (end.signal.reason instanceof Interrupted) return passed;
  throw end.signal.reason;
}

/** Runs the demo and leaves nothing behind, however it ends. Returns the exit code. */
async function run(keep: boolean): Promise<number> {
  const end = new AbortController();
  const stops: Stop[] = [];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end.abort(new Interrupted(`ended by ${signal}`)));
  try {
    return (await perform(end, (stop) => void stops.unshift(stop), keep)) ? 0 : 1;
  } catch (error) {
    sayVerdict(false, explain(error));
    return 1;
  } finally {
    for (const stop of stops) await stop().catch((error: unknown) => sayVerdict(false, explain(error)));
  }
}

function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function wantsToKeep(): boolean {
  try {
    return parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values.keep;
  } catch (error) {
    console.error(`${explain(error)}\nUsage: npm run demo [-- --keep]`);
    process.exit(2);
  }
}

process.exitCode = await run(wantsToKeep());

import { parseArgs } from 'node:util';
import { withRelay } from './relay.js';
import { torture, victims, type Damage } from './torture.js';

const usage = `npm run chaos [-- --seconds 60] [-- --people 25] [-- --workers 3] [-- --kill-every 2]
  --seconds     for how long devices flap
  --people      who have four devices each
  --workers     processes that enforce at a time
  --kill-every  seconds between two kills`;

const options = {
  seconds: { type: 'string', default: '60' },
  people: { type: 'string', default: '25' },
  workers: { type: 'string', default: '3' },
  'kill-every': { type: 'string', default: '2' },
} as const;

/** The numbers of the command line. Throws, in words, for what cannot be understood. */
function readArguments(): Record<keyof typeof options, number> {
  const { values } = parseArgs({ options });
  const number = (name: keyof typeof options) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above 0.`);
    return value;
  };
  return { seconds: number('seconds'), people: number('people'), workers: number('workers'), 'kill-every': number('kill-every') };
}

/** Tortures a relay of real processes on loopback and prints what came of it; the exit code is 1 where a promise was broken, 2 for wrong usage. */
async function chaos(): Promise<number> {
  const { seconds, people, workers, 'kill-every': killEvery } = readArguments();
  console.log(`${people * 4} devices flap for ${seconds} s on ${workers} worker processes; every ${killEvery} s a worker, the receiver or Redis is killed (kill -9) ...`);
  let damage: Damage | undefined;
  await withRelay({ headcount: people }, async (relay) => {
    damage = await torture(relay, { lastsMs: seconds * 1000, killEveryMs: killEvery * 1000, workers, victims });
  });
  if (damage === undefined) return 1;
  const { events, unanswered, kills, changes, overlaps, wrong } = damage;
  console.log(`${events} events taken, ${unanswered} not answered; killed: ${victims.map((victim) => `${kills[victim]} x ${victim}`).join(', ')}; ${changes} changes at Okta.`);
  console.log(`Two requests for one device at a time: ${overlaps.length}. Devices not as UEM said last: ${wrong.length}.`);
  for (const line of [...overlaps, ...wrong]) console.log(`  ${line}`);
  return overlaps.length + wrong.length === 0 ? 0 : 1;
}

// What was started ends with this process, which a signal alone would not allow.
process.once('SIGTERM', () => process.exit(143)).once('SIGINT', () => process.exit(130));
try {
  readArguments();
  process.exitCode = await chaos();
} catch (error) {
  const wrongUsage = error instanceof Error && (error.message.startsWith('--') || 'code' in error);
  process.stderr.write(wrongUsage ? `${error.message}\n${usage}\n` : `${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = wrongUsage ? 2 : 1;
}

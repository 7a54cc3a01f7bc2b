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

type Wanted = Record<keyof typeof options, number>;

/** The numbers of the command line. Throws, in words, for what cannot be understood. */
function readArguments(): Wanted {
  const { values } = parseArgs({ options });
  const number = (name: keyof typeof options) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above 0.`);
    return value;
  };
  return { seconds: number('seconds'), people: number('people'), workers: number('workers'), 'kill-every': number('kill-every') };
}

/** Tortures a relay of real processes on loopback and prints what came of it; resolves to the exit code, 1 where a promise was broken. */
async function chaos({ seconds, people, workers, 'kill-every': killEvery }: Wanted): Promise<number> {
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
process.exitCode = await main();

/** Wrong usage is 2; what breaks on the way is 1, with where. */
async function main(): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = readArguments();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    return 2;
  }
  return await chaos(wanted);
}

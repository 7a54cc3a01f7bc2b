import type { Person } from '../fixtures/company.js';
import { readDevice, type DeviceView } from './console-api.js';
import { sayTitle, sayVerdict } from './screen.js';
import type { Stage } from './stage.js';
import { keyOf, type Told } from './story.js';

/** What a group of checks looked at, and what is not as it should be. */
type Finding = { about: string; problems: string[] };

type Ending = { stage: Stage; told: Told[]; views: DeviceView[] };

/** Looks at what the story has left behind in Okta, in Entra ID and in the relay; true when all of it is as it should be. */
export async function checkEverything(stage: Stage, told: Told[]): Promise<boolean> {
  const keys = [...new Set(told.map(({ device }) => keyOf(device)))];
  const views = await Promise.all(keys.map((key) => readDevice(stage.consoleUrl, key)));
  const ending = { stage, told, views };
  sayTitle('Is everything as it should be?');
  const findings = [checkEvents(ending), checkRuns(ending), checkDevices(stage), checkOkta(ending), checkEntra(ending), checkContracts(stage)];
  for (const { about, problems } of findings) {
    sayVerdict(problems.length === 0, about);
    for (const problem of problems) sayVerdict(false, `  ${problem}`);
  }
  return findings.every(({ problems }) => problems.length === 0);
}

/** Every accepted event is kept under its answer, and nothing is left to do. */
function checkEvents({ told, views }: Ending): Finding {
  const kept = new Map(views.flatMap(({ events }) => events.map(({ id, result }) => [id, result] as const)));
  const problems = told.flatMap(({ device, event, eventId, result, expected }) => {
    const name = `${device.uem.userName}, ${device.uem.platform}, ${event}`;
    return [
      ...differs(`${name}: answer`, result, expected.result),
      ...differs(`${name}: kept as`, kept.get(eventId) ?? 'not kept', result),
    ];
  });
  const open = views.filter(({ enforced }) => !enforced).map(({ key }) => `${key} is not enforced`);
  const strangers = differs('events kept', kept.size, told.length);
  const queued = told.filter(({ result }) => result === 'queued').length;
  return { about: `${told.length} events accepted and kept, ${queued} of them queued, every queued one enforced`, problems: [...problems, ...open, ...strangers] };
}

/** Every queued event made one generation, the others none; the runs did what they should have done. */
function checkRuns({ told, views }: Ending): Finding {
  const effects = told.flatMap(({ device, event, effect, expected }) =>
    differs(`${device.uem.userName}, ${device.uem.platform}, ${event}`, effect, expected.effect),
  );
  const generations = views.flatMap(({ key, generation }) =>
    differs(`generation of ${key}`, generation, told.filter(({ device, result }) => keyOf(device) === key && result === 'queued').length),
  );
  const failures = views.flatMap(({ key, failure }) => (failure === null ? [] : [`${key}: ${failure}`]));
  const runs = views.flatMap((view) => view.runs).length;
  return { about: `${runs} runs did that; the duplicate and the outdated event caused none`, problems: [...effects, ...generations, ...failures] };
}

function checkDevices({ okta, company }: Stage): Finding {
  const suspended = new Set([
    company.person('katherine.johnson@example.com').devices.android.okta.id,
    company.person('linus.torvalds@example.com').devices.mac.okta.id,
  ]);
  const problems = company.devices.flatMap(({ okta: { id }, uem }) =>
    differs(`${uem.userName}'s ${uem.platform} in Okta`, okta.device(id).status, suspended.has(id) ? 'SUSPENDED' : 'ACTIVE'),
  );
  return { about: `Okta devices: ${suspended.size} suspended (the deleted one, the administrator's), ${company.devices.length - suspended.size} active`, problems };
}

/** Who came back is signed in once; who was signed out last has nothing left. */
function checkOkta(ending: Ending): Finding {
  const { okta, company } = ending.stage;
  const times = (person: Person) => okta.revocations(person.okta.id).length;
  const problems = company.people.flatMap((person) => {
    const { id } = person.okta;
    const open = ['ada', 'alan', 'grace'].includes(firstName(person)) ? 1 : 0;
    return [
      ...differs(`Okta sessions of ${person.login}`, okta.sessions(id), open),
      ...differs(`Okta OAuth tokens of ${person.login}`, okta.tokens(id), open),
      ...differs(`Okta revocations of ${person.login}`, times(person), expectedRevocations(ending, person, 'revokeUserSessions')),
      ...differs(`Okta revocations without OAuth tokens of ${person.login}`, okta.revocations(id).filter(({ oauthTokens }) => !oauthTokens).length, 0),
    ];
  });
  return { about: `Okta sessions and OAuth tokens: revoked ${total(company.people, times)} times, as often as needed`, problems };
}

function checkEntra(ending: Ending): Finding {
  const { entra, company } = ending.stage;
  const times = (person: Person) => entra.signInSessions(person.entra.id).length;
  const problems = company.people.flatMap((person) =>
    differs(`Entra revocations of ${person.login}`, times(person), expectedRevocations(ending, person, 'revokeSignInSessions') + early(ending, person)),
  );
  return { about: `Entra sign-in sessions: revoked ${total(company.people, times)} times, as often as needed`, problems };
}

/** Where Okta takes longer than a second (on a busy machine) Entra ID is asked before Okta has answered, and once more after that. */
function early({ views }: Ending, person: Person): number {
  const keys = Object.values(person.devices).map(keyOf);
  const runs = views.filter(({ key }) => keys.includes(key)).flatMap((view) => view.runs.filter(({ outcome }) => outcome === 'done'));
  return total(runs, ({ steps }) => {
    const answeredAt = Math.max(0, ...steps.filter(({ operation }) => operation === 'revokeUserSessions').map(({ startedAt, durationMs }) => startedAt + durationMs));
    return steps.filter(({ operation, startedAt }) => operation === 'revokeSignInSessions' && startedAt < answeredAt).length;
  });
}

/** Once per lock-out; how far each run of the flapping device came before it was overtaken is in its record. */
function expectedRevocations({ views, stage: { company } }: Ending, person: Person, operation: string): number {
  const lockOuts: Record<string, number> = { ada: 1, alan: 1, grace: 1, katherine: 2, linus: 1 };
  const certain = lockOuts[firstName(person)] ?? 0;
  if (firstName(person) !== 'linus') return certain;
  const flapping = keyOf(company.person(person.login).devices.iphone);
  const runs = views.find(({ key }) => key === flapping)?.runs ?? [];
  return certain + runs.flatMap(({ steps }) => steps).filter((step) => step.operation === operation && step.result === 'revoked').length;
}

function checkContracts({ okta, entra, contracts }: Stage): Finding {
  const problems = [...okta.violations(), ...entra.violations()];
  const requests = `${okta.requests.length} requests to Okta and ${entra.requests.length} to Entra ID`;
  return { about: contracts ? `${requests}, all within the vendors' contracts` : `${requests} (contract files are not here)`, problems };
}

const firstName = ({ login }: Person) => login.split('.')[0] ?? login;

function total<T>(all: T[], count: (one: T) => number): number {
  return all.reduce((sum, one) => sum + count(one), 0);
}

function differs(what: string, is: string | number, expected: string | number): string[] {
  return is === expected ? [] : [`${what}: ${is}, expected ${expected}`];
}

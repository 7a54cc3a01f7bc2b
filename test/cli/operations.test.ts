import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { startDesk, type OnCall } from '../scenarios/desk.js';
import { keyOf } from '../scenarios/device-key.js';
import { startScenario, type Scenario } from '../scenarios/relay.js';
import { ensureBuilt, relay } from './command.js';

const me = `${userInfo().username}@${hostname()}`;

describe('on-call at a terminal', () => {
  let scenario: Scenario;
  let desk: OnCall;
  let folder: string;
  let locked: CompanyDevice;
  let held: CompanyDevice[];
  const run = (...args: string[]) => relay(args, { RELAY_URL: desk.url });
  const status = ({ okta }: CompanyDevice) => scenario.okta.device(okta.id).status;

  beforeAll(async () => {
    ensureBuilt();
    folder = mkdtempSync(join(tmpdir(), 'posture-relay-cli-'));
    scenario = await startScenario({ environment: { SAFEGUARD_MAX_DEVICES: '1' } });
    desk = await startDesk(scenario);
    const { iphone, android, mac, windows } = scenario.company.person('grace.hopper@example.com').devices;
    [locked, held] = [iphone, [android, mac, windows]];
    for (const device of [locked, ...held]) {
      await scenario.send(device.event({ complianceStatus: 'NonCompliant' }));
      await scenario.settled(keyOf(device));
    }
  });

  afterAll(async () => {
    await desk.stop();
    await scenario.stop();
    rmSync(folder, { recursive: true });
  });

  it('sees in the status that the safeguard is tripped, and what is held', async () => {
    expect((await run('status')).out.replaceAll(/\s+/g, ' ')).toMatch(/The safeguard \(ordinary\) is tripped for .*: 2 devices for a limit of 1/);
    const { code, out } = await run('held', 'list');
    expect(code).toBe(0);
    expect(out).toContain('Held (3)');
    for (const device of held) expect(out).toContain(keyOf(device));
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(JSON.parse((await run('held', 'list', '--json')).out).devices).toHaveLength(3);
  });

  it('is shown the plan and must say yes where nobody can be asked, and must say which and why', async () => {
    const unasked = await run('held', 'release', '--all', '--reason', 'seen in UEM');
    expect(unasked).toMatchObject({ code: 2, err: 'Nobody can be asked here: say --yes.\n' });
    expect(unasked.out).toBe('3 devices to release: 3 held_mass.\nWhy they would be locked: 3 noncompliant.\nA release now: 3 lock_out.\n');
    expect(await run('held', 'release', '--yes', '--reason', 'x')).toMatchObject({ code: 2, out: '', err: expect.stringContaining('name devices, or say --all') });
    expect(await run('held', 'release', '--all', '--yes')).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--reason') });
    expect(await run('held', 'release', 'nobody\u001B[31m', '--yes', '--reason', 'x')).toEqual({ code: 1, out: '', err: 'Not in the list: nobody[31m. Nothing was done.\n' });
    expect((await desk.held()).length).toBe(3);
  });

  it('releases one device by its identifier, discards another, and resets the safeguard', async () => {
    const [released, discarded, left] = held;
    if (!released || !discarded || !left) throw new Error('nothing is held');
    const { code, out, err } = await run('held', 'release', released.uem.udid, '--yes', '--reason', 'seen in UEM');
    expect({ code, err }).toEqual({ code: 0, err: '1 of 1 ...\n' });
    expect(out).toMatch(/1 of 1 device released\.\n$/);
    await scenario.settled(keyOf(released));
    expect(status(released)).toBe('SUSPENDED');
    const json = await run('held', 'discard', keyOf(discarded), '--yes', '--reason', 'a test device', '--json');
    expect(JSON.parse(json.out)).toEqual({ asked: [keyOf(discarded)], done: [keyOf(discarded)] });
    expect(await desk.held()).toEqual([keyOf(left)]);
    expect((await run('held', 'reset', '--reason', 'policy repaired')).out).toContain('Reset: ordinary');
    expect((await run('audit')).out.replaceAll(/\s+/g, ' ')).toContain('held reset');
    expect(JSON.parse((await run('audit', '--json', '--limit', '3')).out).entries).toMatchObject([
      { what: 'held reset', by: me, reason: 'policy repaired' },
      { what: 'held discard', by: me, target: keyOf(discarded) },
      { what: 'held release', by: me, target: keyOf(released), reason: 'seen in UEM' },
    ]);
  });

  it('lets a device in and locks it again, for a while', async () => {
    const key = keyOf(locked);
    expect(await run('device', key, 'unlock')).toMatchObject({ code: 2, err: expect.stringContaining('unlock needs --reason') });
    expect(await run('device', key, '--for', '4h')).toMatchObject({ code: 2 });
    expect(await run('device', key, 'unlock', '--reason', 'x', '--for', '4 fortnights')).toMatchObject({ code: 2, err: expect.stringContaining('30m, 4h or 2d') });
    const { code, out } = await run('device', locked.uem.udid, 'unlock', '--reason', 'board meeting', '--for', '2h');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^${key} is to be unlocked until `));
    await scenario.settled(key);
    expect(status(locked)).toBe('ACTIVE');
    expect((await run('device', key)).out.replaceAll(/\s+/g, ' ')).toContain(`unlocked by ${me}, until`);
    await run('device', key, 'lock', '--reason', 'meeting is over');
    await scenario.settled(key);
    expect(status(locked)).toBe('SUSPENDED');
  });

  it('stops and starts locking', async () => {
    expect((await run('pause', '--reason', 'wrong policy in UEM')).out).toMatch(new RegExp(`^Paused by ${me} since`));
    expect((await run('status')).out.replaceAll(/\s+/g, ' ')).toContain(`Paused by ${me} for`);
    expect((await run('resume', '--reason', 'repaired')).out).toContain('Resumed');
    expect((await run('resume', '--reason', 'again')).out).toBe('It was not paused.\n');
  });

  it('replays what was given up by cause and time, and sees why', async () => {
    const device = scenario.company.person('alan.turing@example.com').devices.android;
    const [key, refused] = [keyOf(device), { kind: 'status', status: 400, body: '{}' } as const];
    scenario.okta.order({ fault: refused, operation: 'listDevices', object: device.uem.udid });
    await scenario.send(device.event({ complianceStatus: 'NonCompliant' }));
    await scenario.settled(key);
    scenario.okta.clearFaults();

    const list = await run('failed', 'list', '--cause', 'rejected', '--since', '2h');
    expect(list.out).toMatch(/^Given up \(1\)/);
    expect(list.out).toContain(key);
    expect((await run('failed', 'list', '--until', '2h')).out).toBe('Nothing was given up.\n');
    expect((await run('failed', 'list', '--cause', 'bad_luck'))).toMatchObject({ code: 1, err: expect.stringContaining('cause: must be one of') });
    expect((await run('failed', 'show', device.uem.udid)).out.replaceAll(/\s+/g, ' ')).toMatch(/Given up .* ago .*: rejected\..*A replay now: lock_out\./);
    expect(await run('failed', 'show', 'nobody')).toMatchObject({ code: 1, out: '' });

    const replay = await run('failed', 'replay', '--cause', 'rejected', '--since', '2h', '--yes', '--reason', 'Okta is well');
    expect(replay).toMatchObject({ code: 0, err: '1 of 1 ...\n' });
    expect(replay.out).toBe('1 device to replay: 1 rejected.\nA replay now: 1 lock_out.\n1 of 1 device replayed.\n');
    await scenario.settled(key);
    expect(status(device)).toBe('SUSPENDED');
    expect((await run('failed', 'replay', '--all', '--yes', '--reason', 'again')).out).toBe('Nothing to replay.\n');
  });

  it('looks at the newest runs and at the events that were refused', async () => {
    await scenario.send(locked.event({ complianceStatus: 'NotAvailable' }));
    expect((await run('runs', '--limit', '5')).out).toContain('done');
    expect(await run('runs', '--limit', '0')).toMatchObject({ code: 2 });
    const events = JSON.parse((await run('events', '--refused', '--json')).out).events;
    expect(events.map(({ key, result, reason }: Record<string, string>) => ({ key, result, reason }))).toEqual([{ key: keyOf(locked), result: 'ignored', reason: 'neutral_status' }]);
    expect((await run('events')).out).toMatch(/queued/);
  });

  it('gets everything about a device as one Markdown document', async () => {
    const { code, out } = await run('device', keyOf(locked), '--incident');
    expect(code).toBe(0);
    expect(out).toMatch(/^# /);
    for (const title of ['Device', 'What holds', 'Exposure clock', 'Timeline', 'Runs', 'Okta records']) expect(out).toContain(`## ${title}\n`);
    const [newest] = await scenario.runs(keyOf(locked));
    for (const { requestId } of newest?.steps ?? []) expect(out).toContain(`| ${requestId} |`);
    expect(out).toMatch(/\| suspendDevice \| guo\w+ \| suspended \| 204 \|/);
  });

  it('is told what a saved body would cause: by the policy in force, by a file, and where no console answers', async () => {
    const [body, policy] = [join(folder, 'body.json'), join(folder, 'policy.yaml')];
    writeFileSync(body, JSON.stringify(locked.event({ complianceStatus: 'NonCompliant' })));
    writeFileSync(policy, 'exemptions: [{ user: grace.hopper@example.com, until: 2099-12-31, reason: a loaner, ticket: INC-9 }]');
    const inForce = await run('policy', 'explain', body);
    expect(inForce.out).toContain(`Device   ${keyOf(locked)}\n`);
    expect(inForce.out).toContain('Verdict  locked out because noncompliant: suspend Okta Verify');
    expect(inForce.out).toContain(`Policy   in force at ${desk.url}\n`);
    expect((await run('policy', 'explain', body, '--policy', policy)).out.replaceAll(/\s+/g, ' ')).toContain('Why exempt until 2099-12-31 23:59:59.000Z: a loaner (INC-9); it would be locked because noncompliant');
    expect((await relay(['policy', 'explain', body], { RELAY_URL: 'http://127.0.0.1:1' })).out).toContain('that is built in (no console answers)');
    expect((await run('policy', 'show', policy)).out).toContain('user: grace.hopper@example.com');
    expect((await run('policy', 'show')).out).toMatch(/^# The policy in force at .*\nreactions:\n/);
    writeFileSync(policy, 'reactions: { noncompliant: perhaps }');
    expect(await run('policy', 'show', policy)).toMatchObject({ code: 1, err: expect.stringContaining('policy.yaml:1: reactions.noncompliant') });
    expect(await run('policy', 'explain', join(folder, 'nothing.json'))).toMatchObject({ code: 1, err: expect.stringContaining('cannot be read') });
  });
});

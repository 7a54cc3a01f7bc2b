import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { keyOf } from '../scenarios/device-key.js';
import { startSweepScenario, type SweepScenario } from '../scenarios/sweeps.js';
import { ensureBuilt, relay } from './command.js';

const oldFlow = '0oaOldFlow1234567890';
const expectNarrow = (text: string) => expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);

describe('the command relay', () => {
  let scenario: SweepScenario;
  const ask = (...args: string[]) => relay(args, { RELAY_URL: scenario.desk.url });
  const devices = () => scenario.company.person('ada.lovelace@example.com').devices;

  beforeAll(ensureBuilt);

  beforeEach(async () => {
    scenario = await startSweepScenario();
  });

  afterEach(async () => {
    await scenario.stop();
  });

  it('sweeps: first what would be done, then, where somebody says yes, what was done; and the status tells of it', async () => {
    const { iphone } = devices();
    scenario.silently(iphone, { complianceStatus: 'NonCompliant' });
    const dry = await ask('sweep', '--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.out).toMatch(/^Sweep \S+ \(dry run\) by \S+: .*calls: 1 of okta, 1 of uem\.\n20 devices in UEM, 20 records in Okta\.\n/);
    expect(dry.out).toMatch(/IOS +100 % +5 of 5/);
    expect(dry.out).toMatch(/1 +exposed +should be locked, and is not/);
    expect(dry.out).toContain('A sweep that is no dry run would repair 1.');
    expect(dry.out).toContain(`${keyOf(iphone)}; UEM ${iphone.uem.deviceId}; Okta ${iphone.okta.id}`);
    expectNarrow(dry.out);
    expect(await ask('sweep')).toEqual({ code: 2, out: '', err: 'Nobody can be asked here: say --yes.\n' });
    expect(scenario.status(iphone)).toBe('ACTIVE');

    const swept = await ask('sweep', '--yes', '--reason', 'a lost webhook', '--json');
    expect(swept.code).toBe(0);
    const { id } = z.object({ id: z.string() }).parse(JSON.parse(swept.out));
    expect(JSON.parse(swept.out)).toMatchObject({ state: 'over', report: { reason: 'a lost webhook', repairs: { taken_in: 1 } } });
    await scenario.settled(keyOf(iphone));
    expect(scenario.status(iphone)).toBe('SUSPENDED');
    expect((await ask('sweep', '--follow', id)).out).toContain('Repairs: 1 taken_in.');
    expect((await ask('sweep', '--list')).out).toMatch(new RegExp(`${id} +sweep +1 exposed, 1 facts_differ`));
    expect((await ask('audit')).out).toMatch(/sweep\n.*all devices\n.*a lost webhook/);

    const status = await ask('status');
    expect(status.out).toMatch(/^Sweep: +last complete [\d.]+ \w+ ago: 1 exposed, 1 facts_differ$/m);
    expect(status.out.replaceAll(/\s+/g, ' ')).toContain('Coverage: ANDROID 100 % (5 of 5), IOS 100 % (5 of 5), MACOS 100 % (5 of 5), WINDOWS 100 % (5 of 5)');
    expect(JSON.parse((await ask('status', '--json')).out)).toMatchObject({ sweep: { lastComplete: { id, counts: { exposed: 1 } } } });
  });

  it('fails where a sweep ends early, with what is known and what to do; the status says so until one is complete', async () => {
    scenario.uem.order({ operation: 'searchDevices', fault: { kind: 'garbage' }, times: 1 });
    const swept = await ask('sweep', '--yes');
    expect(swept).toMatchObject({ code: 1, err: expect.stringContaining('Incomplete: unreadable_inventory.') });
    expect(swept.out).toMatch(/INCOMPLETE: unreadable_inventory\..*\n(.*\n)*.*Check UEM_API_URL/);
    expectNarrow(swept.out);
    expect((await ask('status')).out).toContain('The newest one ended early: unreadable_inventory.');
    expect((await ask('sweep', '--dry-run')).code).toBe(0);
    expect((await ask('status')).out).not.toContain('ended early');
    expect(await ask('sweep', '--follow', '999')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Unknown sweep') });
  });

  it('adopts what another client has suspended, and rebuilds the ledger', async () => {
    const { mac, windows } = devices();
    scenario.okta.setDeviceStatus(mac.okta.id, 'SUSPENDED', oldFlow);
    scenario.okta.setDeviceStatus(windows.okta.id, 'SUSPENDED');
    for (const wrong of [[], ['--actor', 'ada@example.com']]) expect((await ask('adopt', ...wrong)).code).toBe(2);
    expect((await ask('adopt', '--actor', oldFlow)).err).toBe('Nobody can be asked here: say --yes.\n');

    const dry = await ask('adopt', '--actor', oldFlow, '--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.out).toMatch(/RECORDS +WOULD BE +WHAT IT MEANS/);
    expect(dry.out).toMatch(/1 +adopted +that client suspended it/);
    expect(dry.out).toContain(`${keyOf(mac)}; Okta ${mac.okta.id}`);
    expectNarrow(dry.out);
    expect(await scenario.client.exists(`{relay}:ledger:${keyOf(mac)}`)).toBe(0);

    const adopted = await ask('adopt', '--actor', oldFlow, '--yes');
    expect(adopted.code).toBe(0);
    expect(adopted.out).toMatch(/^Adoption \S+ by .*\n2 suspended records in Okta\.\n\n.*NOW/);
    expect(adopted.out).toContain('Next: relay sweep --dry-run');
    expect((await ask('audit')).out).toMatch(new RegExp(`adopt\\n.*what ${oldFlow} has suspended`));
    expect((await ask('sweep', '--list')).out).toMatch(/adopt +(1 adopted, 1 suspended_by_others|1 suspended_by_others, 1 adopted)\n/);

    const rebuilt = await ask('ledger', 'rebuild', '--yes', '--json');
    expect(rebuilt.code).toBe(0);
    expect(JSON.parse(rebuilt.out)).toMatchObject({ report: { name: 'adopt', repairs: { already_ours: 1, suspended_by_others: 1 } } });
  });
});

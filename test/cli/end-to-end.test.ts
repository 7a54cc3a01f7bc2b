import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { normaliseIdentifier } from '../../src/compliance/device.js';
import { readConfig } from '../../src/config.js';
import { startConsole } from '../../src/console/start.js';
import type { Listening } from '../../src/listen.js';
import { createLog } from '../../src/log.js';
import { startScenario, type Scenario } from '../scenarios/relay.js';
import { ensureBuilt, relay } from './command.js';

const token = 'console-token-canary';

describe('the command relay against a running relay', () => {
  let scenario: Scenario;
  let console: Listening;
  let environment: Record<string, string>;
  let key: string;
  const ask = (...args: string[]) => relay(args, environment);

  beforeAll(async () => {
    ensureBuilt();
    scenario = await startScenario({ environment: { UEM_WEBHOOK_PASSWORD_PREVIOUS: 'previous-password-canary' } });
    const settings = readConfig(['store', 'tls', 'console'], { ...scenario.environment, CONSOLE_PORT: '0', CONSOLE_TOKEN: token });
    console = await startConsole(settings, { url: scenario.redis.url }, createLog('silent', 'test'));
    environment = { RELAY_URL: console.url, RELAY_TOKEN: token };
    const { devices } = scenario.company.person('ada.lovelace@example.com');
    key = `udid:${normaliseIdentifier(devices.iphone.uem.udid)}`;
    await scenario.send(devices.iphone.event({ complianceStatus: 'NonCompliant' }));
    await scenario.settled(key);
  });

  afterAll(async () => {
    await console.stop();
    await scenario.stop();
  });

  it('shows a locked device: where it stands and why, the clock, the ledger, every step, and the event', async () => {
    const { iphone } = scenario.company.person('ada.lovelace@example.com').devices;
    const { code, out, err } = await ask('device', iphone.uem.udid);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^LOCKED BY US for [\d.]+ s \(since .*\): noncompliant\n/);
    expect(out).toMatch(/suspended +\d{4}-.*Z +\+/);
    expect(out).toMatch(/last revocation +\d{4}-.*Z +\+/);
    expect(out).toMatch(new RegExp(`${iphone.okta.id} +suspended by us`));
    for (const step of [/listDevices .* answered +200/, /suspendDevice .* suspended +20\d/, /revokeUserSessions .* revoked +204/, /revokeSignInSessions .* revoked +200/]) {
      expect(out).toMatch(step);
    }
    expect(out).toMatch(/ queued +\d+-\d+$/m);
    expect(out).not.toContain('\u001B');
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('finds it by key, serial number and e-mail address too', async () => {
    const { iphone } = scenario.company.person('ada.lovelace@example.com').devices;
    for (const query of [key, iphone.uem.serialNumber, 'Ada.Lovelace@example.com']) {
      const { code, out } = await ask('device', query, '--json');
      expect({ query, code, devices: JSON.parse(out).devices.map((device: { key: string }) => device.key) }).toEqual({ query, code: 0, devices: [key] });
    }
  });

  it('says of an unknown device that it is unknown', async () => {
    expect(await ask('device', 'nobody@example.com')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Unknown device.') });
  });

  it('shows the status, as text and as JSON', async () => {
    const { code, out } = await ask('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^Nobody is exposed and nobody is wrongly locked/);
    expect(out).toMatch(/1 locked by us/);
    expect(out).toMatch(new RegExp(` done +noncompliant +${key}`));
    expect(JSON.parse((await ask('status', '--json')).out)).toMatchObject({ mode: 'enforce', devices: { lockedByUs: 1 } });
  });

  it('says which token is missing or wrong', async () => {
    const without = await relay(['status'], { RELAY_URL: console.url });
    expect(without).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/asks for a token\.\nSet RELAY_TOKEN/) });
    const wrong = await relay(['status'], { RELAY_URL: console.url, RELAY_TOKEN: 'wrong-token-canary' });
    expect(wrong).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/refuses the token\.\nSet RELAY_TOKEN/) });
    expect(wrong.err).not.toContain('canary');
  });

  it('shows who is exposed and what stands in the way when Okta refuses us, and no secret in any answer', async () => {
    scenario.okta.rejectCredentials(true);
    scenario.okta.expireTokens();
    const { windows } = scenario.company.person('alan.turing@example.com').devices;
    const other = `serial:${normaliseIdentifier(windows.uem.serialNumber)}`;
    const refused = scenario.until(other, 'has been refused', () => scenario.logLines.some((line) => line.includes('upstream_blocked')));
    await scenario.send(windows.event({ complianceStatus: 'NonCompliant' }));
    await refused;

    const status = await ask('status');
    expect(status.out).toMatch(new RegExp(`^EXPOSED: 1 device, for [\\d.]+ s: alan.turing .*\\(?${other}\\)?, noncompliant\n`));
    expect(status.out).toMatch(/okta +[\d.]+ s +a probe succeeds/);
    expect(status.out).toContain('waiting_credentials');
    const device = await ask('device', other);
    expect(device.out).toMatch(/^EXPOSED for /);

    const headers = { authorization: `Bearer ${token}` };
    const paths = ['status', `devices/${key}`, `devices/${other}`, 'devices/nobody', 'devices/ada.lovelace@example.com', 'nothing'];
    const bodies = await Promise.all(paths.map(async (path) => (await fetch(`${console.url}/api/v1/${path}`, { headers })).text()));
    const refusal = await (await fetch(`${console.url}/api/v1/status`, { headers: { authorization: 'Bearer wrong-token-canary' } })).text();
    const answers = [...bodies, refusal, status.out, status.err, device.out, device.err].join('\n');
    for (const secret of secretsOf(scenario)) expect(answers).not.toContain(secret);
  });
});

/** Every credential that was configured, and every token, proof and assertion that was sent. */
function secretsOf({ environment, okta, entra }: Scenario): string[] {
  const keyLine = environment.OKTA_CLIENT_PRIVATEKEY?.split('\n')[5] ?? '';
  const sent = [...okta.requests, ...entra.requests].flatMap(({ headers, body }) => {
    const form = new URLSearchParams(body);
    return [headers.authorization?.split(' ')[1], headers.dpop, form.get('client_assertion'), form.get('client_secret')];
  });
  const secrets = [keyLine, 'canary', ...new Set(sent)].flatMap((secret) => secret || []);
  if (secrets.length < 6 || keyLine.length < 40) throw new Error('the search for secrets has nothing to search for');
  return secrets;
}

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { uemBody } from '../sandbox/uem.js';
import { startClock, type Clock } from './clock.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

describe('what Okta and Entra ID hold about a device', () => {
  let relay: Scenario;
  let clock: Clock;

  beforeEach(async () => {
    relay = await startScenario();
    clock = startClock(relay);
  });

  afterEach(async () => {
    await clock.stop();
    await relay.stop();
  });

  const ada = () => relay.company.person('ada.lovelace@example.com');
  const alan = () => relay.company.person('alan.turing@example.com');
  const status = (id: string) => relay.okta.device(id).status;
  const operations = (key: string) => relay.runs(key).then(([run]) => run?.steps.map(({ operation }) => operation));
  const signOuts = ({ okta, entra }: ReturnType<typeof ada>) => ({
    okta: relay.okta.revocations(okta.id).length,
    entra: relay.entra.signInSessions(entra.id).length,
  });

  /** A laptop that only UEM knows: no record in Okta. */
  const unknownMac = { platform: 'mac', deviceId: 77, udid: 'D20E0F3D66AF4B92B31E1DA394DF1E99', serialNumber: 'C02UNKNOWN01' } as const;

  async function lockOut(uem: Parameters<typeof uemBody>[0]): Promise<string> {
    const body = uemBody({ complianceStatus: 'NonCompliant', ...uem });
    await relay.send(body);
    const key = keyOf({ uem: { platform: uem.platform, udid: String(body['Udid']), serialNumber: String(body['SerialNumber']) } });
    await relay.settled(key);
    return key;
  }

  /** Has the directory read again as one, five and fifteen minutes later; resolves when that is done. */
  async function recheck(key: string) {
    const { generation } = await relay.state(key);
    const jobs = await clock.recheckNow(key);
    await relay.until(key, 'is looked at again', (state) => state.generation === generation + jobs && (state.enforced === state.generation || state.failure !== null));
    await relay.eventually('no job is left', async () => (await clock.idle()) || null);
  }

  test('takes three calls to Okta and one to Entra ID to lock out', async () => {
    for (const device of Object.values(ada().devices)) {
      const from = { okta: relay.okta.requests.length, entra: relay.entra.requests.length };
      await lockOut(device.uem);
      const calls = [...relay.okta.requests.slice(from.okta), ...relay.entra.requests.slice(from.entra)].map(({ operation }) => operation);
      const ours = calls.filter((operation) => operation !== null && !/token|metadata|listLogEvents/i.test(operation));
      expect(ours).toEqual(['listDevices', 'suspendDevice', 'revokeUserSessions', 'revokeSignInSessions']);
    }
  });

  test('as two records of one device has both suspended', async () => {
    const { iphone } = ada().devices;
    const second = relay.okta.addDevice({ platform: 'IOS', udid: iphone.uem.udid.replace('-', '').toLowerCase(), users: [alan().okta.id] });
    await lockOut(iphone.uem);
    expect([status(iphone.okta.id), status(second.id)]).toEqual(['SUSPENDED', 'SUSPENDED']);
    expect([signOuts(ada()), signOuts(alan())]).toEqual([{ okta: 1, entra: 1 }, { okta: 1, entra: 1 }]);
  });

  test('as records that may be different devices is held, and of a compromised one the enrolment user is signed out', async () => {
    const { windows } = ada().devices;
    const other = relay.okta.addDevice({ platform: 'WINDOWS', serialNumber: windows.uem.serialNumber, tpmPublicKeyHash: 'another', users: [alan().okta.id] });
    const key = await lockOut(windows.uem);
    expect((await relay.state(key)).held).toMatchObject({ word: 'held_ambiguous' });
    expect([status(windows.okta.id), status(other.id)]).toEqual(['ACTIVE', 'ACTIVE']);
    expect([signOuts(ada()), signOuts(alan())]).toEqual([{ okta: 0, entra: 0 }, { okta: 0, entra: 0 }]);

    await lockOut({ ...windows.uem, compromisedStatus: 'Compromised' });
    expect((await relay.state(key)).held).toMatchObject({ word: 'held_ambiguous' });
    expect([status(windows.okta.id), status(other.id)]).toEqual(['ACTIVE', 'ACTIVE']);
    expect([signOuts(ada()), signOuts(alan())]).toEqual([{ okta: 1, entra: 1 }, { okta: 0, entra: 0 }]);
  });

  test('as a device that many share signs out only who enrolled it', async () => {
    const { iphone } = ada().devices;
    const others = relay.company.people.filter(({ login }) => login !== ada().login);
    const sixth = relay.okta.addUser({ login: 'sixth@example.com' });
    relay.okta.device(iphone.okta.id).users.push(...others.map(({ okta }) => okta.id), sixth.id);
    const key = await lockOut(iphone.uem);
    expect(status(iphone.okta.id)).toBe('SUSPENDED');
    expect(signOuts(ada())).toEqual({ okta: 1, entra: 1 });
    expect(others.map(signOuts)).toEqual(others.map(() => ({ okta: 0, entra: 0 })));
    expect((await relay.runs(key))[0]?.notes).toContain('shared_device');
  });

  test('as several users of whom one cannot be signed out has that one tried again, and no other', async () => {
    const { iphone } = ada().devices;
    relay.okta.device(iphone.okta.id).users.push(alan().okta.id);
    relay.okta.order({ fault: { kind: 'status', status: 503 }, operation: 'revokeUserSessions', object: alan().okta.id, times: 2 });
    const key = await lockOut(iphone.uem);
    const asked = relay.okta.calls('revokeUserSessions').map(({ path }) => path.includes(alan().okta.id));
    expect(asked.filter((isAlan) => isAlan)).toHaveLength(3);
    expect([ada(), alan()].map((person) => signOuts(person).okta)).toEqual([1, 1]);
    expect(relay.okta.calls('suspendDevice')).toHaveLength(1);
    expect(await relay.state(key)).toMatchObject({ failure: null, containment: { complete: true } });
  });

  test('as a record that is deleted when it is to be let back in has nothing left to undo', async () => {
    const { iphone } = ada().devices;
    const key = await lockOut(iphone.uem);
    const body = JSON.stringify({ errorCode: 'E0000007', errorSummary: 'text' });
    relay.okta.order({ fault: { kind: 'status', status: 404, body }, operation: 'unsuspendDevice', times: 1 });
    await relay.send(iphone.event({ complianceStatus: 'Compliant' }));
    expect(await relay.settled(key)).toMatchObject({ failure: null, ledger: {} });
    expect(await relay.client.zscore('{relay}:locked', key)).toBeNull();
  });

  test('as nothing at all leads to the enrolment user being signed out, and to three more looks, not more', async () => {
    const key = await lockOut({ ...unknownMac, email: ada().login });
    expect((await relay.runs(key))[0]).toMatchObject({ outcome: 'done_without_device' });
    expect(signOuts(ada())).toEqual({ okta: 1, entra: 1 });
    expect(await clock.rechecks(key)).toEqual([60_000, 300_000, 900_000]);
    await recheck(key);
    expect(await clock.rechecks(key)).toEqual([]);
    expect(signOuts(ada())).toEqual({ okta: 1, entra: 1 });
  });

  test('as a record that appears later has it suspended at the next look, and its user signed out again', async () => {
    const key = await lockOut({ ...unknownMac, email: ada().login });
    const late = relay.okta.addDevice({ platform: 'MACOS', serialNumber: unknownMac.serialNumber, users: [ada().okta.id] });
    relay.okta.signIn(ada().okta.id);
    await recheck(key);
    expect(status(late.id)).toBe('SUSPENDED');
    expect(relay.okta.sessions(ada().okta.id)).toBe(0);
    expect(signOuts(ada())).toEqual({ okta: 2, entra: 2 });
  });

  test('as a record that re-enrolling made beside the suspended one has it suspended, too, also where a user is unknown to Entra ID', async () => {
    const { mac } = ada().devices;
    const stranger = relay.okta.addUser({ login: 'stranger@example.com' });
    relay.okta.device(mac.okta.id).users.push(stranger.id);
    const key = await lockOut(mac.uem);
    expect((await relay.state(key)).failure).toMatchObject({ cause: 'user_not_found' });
    const anew = relay.okta.addDevice({ platform: 'MACOS', udid: mac.okta.profile.udid ?? '', serialNumber: mac.uem.serialNumber, users: [ada().okta.id] });
    relay.okta.signIn(ada().okta.id);
    await recheck(key);
    expect([status(mac.okta.id), status(anew.id)]).toEqual(['SUSPENDED', 'SUSPENDED']);
    expect(relay.okta.sessions(ada().okta.id)).toBe(0);
  });

  test('is asked for again with the hourly retry of a device that failed, so that a new record is suspended', async () => {
    const { mac } = ada().devices;
    relay.okta.device(mac.okta.id).users.push(relay.okta.addUser({ login: 'stranger@example.com' }).id);
    const key = await lockOut(mac.uem);
    const anew = relay.okta.addDevice({ platform: 'MACOS', udid: mac.okta.profile.udid ?? '', serialNumber: mac.uem.serialNumber, users: [ada().okta.id] });
    await relay.client.zadd('{relay}:failed', Date.now() - 1, key);
    await clock.upkeepNow();
    await relay.until(key, 'is suspended anew', () => status(anew.id) === 'SUSPENDED');
    await relay.until(key, 'has failed once more', ({ failure }) => failure !== null);
    expect([status(mac.okta.id), status(anew.id)]).toEqual(['SUSPENDED', 'SUSPENDED']);
  });

  test('as a deactivated record has nothing suspended and the enrolment user signed out', async () => {
    const { android } = ada().devices;
    relay.okta.setDeviceStatus(android.okta.id, 'DEACTIVATED');
    const key = await lockOut(android.uem);
    expect(await operations(key)).toEqual(['listDevices', 'getUser', 'revokeUserSessions', 'revokeSignInSessions']);
    expect(signOuts(ada())).toEqual({ okta: 1, entra: 1 });
    await relay.send(android.event({ complianceStatus: 'Compliant' }));
    await relay.settled(key);
    expect((await relay.runs(key))[0]).toMatchObject({ outcome: 'unchanged' });
  });

  test('as a record that somebody deactivated while it was suspended by us is reported when it cannot be let back in', async () => {
    const { android } = ada().devices;
    const key = await lockOut(android.uem);
    relay.okta.setDeviceStatus(android.okta.id, 'DEACTIVATED');
    await relay.send(android.event({ complianceStatus: 'Compliant' }));
    await relay.settled(key);
    expect((await relay.state(key)).failure).toMatchObject({ cause: 'device_deactivated' });
  });

  test('as no user is a failure with its cause, and is tried again within the hour', async () => {
    const key = await lockOut({ ...unknownMac, email: 'nobody@example.com' });
    expect((await relay.state(key)).failure).toMatchObject({ cause: 'user_not_found' });
    const dueInMs = Number(await relay.client.zscore('{relay}:failed', key)) - Date.now();
    expect(dueInMs).toBeGreaterThan(3_500_000);
    expect(dueInMs).toBeLessThanOrEqual(3_600_000);

    const hired = relay.okta.addUser({ login: 'nobody@example.com' });
    relay.okta.signIn(hired.id);
    const account = relay.entra.addUser({ userPrincipalName: 'nobody@example.com' });
    await relay.client.zadd('{relay}:failed', Date.now() - 1, key);
    await clock.upkeepNow();
    await relay.until(key, 'is taken up again', ({ failure, enforced, generation }) => failure === null && enforced === generation);
    expect(relay.okta.sessions(hired.id)).toBe(0);
    expect(relay.entra.signInSessions(account.id)).toHaveLength(1);
  });

  test('as two Entra users with one mail address has neither signed out, and is a failure', async () => {
    const shared = 'shared@example.com';
    const [one, two] = ['one', 'two'].map((name) => relay.entra.addUser({ userPrincipalName: `${name}@example.com`, mail: shared }));
    const user = relay.okta.addUser({ login: 'shared.login@example.com', email: shared });
    relay.okta.signIn(user.id);
    const key = await lockOut({ ...unknownMac, email: shared });
    expect(relay.okta.sessions(user.id)).toBe(0);
    expect((await relay.state(key)).failure).toMatchObject({ cause: 'ambiguous_user' });
    expect([one, two].map((account) => relay.entra.signInSessions(account?.id ?? ''))).toEqual([[], []]);
  });

  test.each([
    ['login', { login: 'enroller@example.com', email: 'mail@example.com' }, ['getUser']],
    ['mail address', { login: 'e12345@example.com', email: 'enroller@example.com' }, ['getUser', 'listUsers']],
  ])('has an enrolment user who is not linked looked up by %s', async (_by, fields, lookUps) => {
    const enroller = relay.okta.addUser(fields);
    relay.okta.signIn(enroller.id);
    relay.entra.addUser({ userPrincipalName: 'enroller@example.com' });
    await lockOut({ ...ada().devices.mac.uem, email: 'enroller@example.com' });
    expect(relay.okta.requests.map(({ operation }) => operation).filter((name) => name === 'getUser' || name === 'listUsers')).toEqual(lookUps);
    expect(relay.okta.sessions(enroller.id)).toBe(0);
    expect(signOuts(ada())).toEqual({ okta: 1, entra: 1 });
  });

  test('as a guest of Entra ID has its Okta sessions revoked and is passed over there', async () => {
    const guest = relay.okta.addUser({ login: 'guest_partner.com#EXT#@example.onmicrosoft.com', email: 'guest@partner.com' });
    relay.okta.signIn(guest.id);
    const record = relay.okta.addDevice({ platform: 'MACOS', serialNumber: unknownMac.serialNumber, users: [guest.id] });
    const key = await lockOut({ ...unknownMac, email: 'guest@partner.com' });
    expect(status(record.id)).toBe('SUSPENDED');
    expect(relay.okta.sessions(guest.id)).toBe(0);
    const [run] = await relay.runs(key);
    expect(run?.steps.at(-1)).toMatchObject({ operation: 'revokeSignInSessions', result: 'skipped_external' });
    expect(run?.outcome).toBe('done');
  });
});

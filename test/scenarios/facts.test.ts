import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CompanyDevice, Person } from '../sandbox/fixtures/company.js';
import { compromisedBody, deleteBody, enrolmentBody, enterpriseWipeBody, uemBody, unenrolBody, type UemBody } from '../sandbox/uem.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

/** A moment within the last ten minutes. */
const at = (seconds: number) => new Date(Date.now() - 600_000 + seconds * 1_000);

describe('what UEM says of a device', () => {
  let relay: Scenario;
  let person: Person;
  let device: CompanyDevice;
  let key: string;

  beforeEach(async () => {
    relay = await startScenario();
    person = relay.company.person('linus.torvalds@example.com');
    device = person.devices.iphone;
    key = keyOf(device);
  });

  afterEach(async () => {
    await relay.stop();
  });

  const status = () => relay.okta.device(device.okta.id).status;
  const changes = () => relay.okta.requests.filter(({ method, operation }) => method !== 'GET' && operation !== 'token').length;

  async function say(body: UemBody) {
    const { body: answer } = await relay.send(body);
    await relay.settled(key);
    return answer;
  }

  test.each(['PendingComplianceCheck', 'NotAvailable', 'Unknown', '', null, 'Kompliant'])('as ComplianceStatus %p changes nothing', async (complianceStatus) => {
    expect(await say(device.event({ complianceStatus }))).toMatchObject({ result: 'ignored', reason: 'neutral_status' });
    await say(device.event({ complianceStatus: 'NonCompliant' }));
    const before = changes();
    await say(device.event({ complianceStatus }));
    expect(status()).toBe('SUSPENDED');
    expect(changes()).toBe(before);
  });

  test('from a platform that nobody knows changes nothing and raises an alert', async () => {
    const { body } = await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
    expect(body).toMatchObject({ result: 'queued' });
    await relay.settled(key);
    await relay.send(device.event({ complianceStatus: 'Compliant' }));
    await relay.settled(key);
    const before = changes();
    const unknown = uemBody({ ...device.uem, complianceStatus: 'NonCompliant' }, { Platform: 'Zeppelin' });
    expect((await relay.send(unknown)).body).toMatchObject({ result: 'ignored', reason: 'unknown_platform' });
    expect(status()).toBe('ACTIVE');
    expect(changes()).toBe(before);
    expect(relay.logLines.filter((line) => line.includes('"alert":"unknown_platform"'))).toHaveLength(1);
  });

  test('by a compromise literal that nobody has seen is held for a human, until a healthy one comes', async () => {
    await say(device.event({ compromisedStatus: 'Perhaps' }));
    expect((await relay.state(key)).held).toMatchObject({ word: 'held_unknown_status' });
    expect(changes()).toBe(0);
    await say(device.event({ compromisedStatus: '' }));
    expect((await relay.state(key)).held).toBeNull();
    expect(status()).toBe('ACTIVE');
  });

  test('by an unseen compromise literal keeps a locked device locked', async () => {
    await say(device.event({ complianceStatus: 'NonCompliant' }));
    await say(device.event({ complianceStatus: 'Compliant', compromisedStatus: 'Perhaps' }));
    expect(status()).toBe('SUSPENDED');
    await say(device.event({ complianceStatus: 'Compliant', compromisedStatus: 'NotCompromised' }));
    expect(status()).toBe('ACTIVE');
  });

  test('that it is compromised beats that it is compliant, and ends only with a newer healthy value', async () => {
    await say(compromisedBody({ ...device.uem, complianceStatus: 'Compliant' }));
    expect(status()).toBe('SUSPENDED');
    await say(device.event({ complianceStatus: 'Compliant', compromisedStatus: null }));
    await say(device.event({ complianceStatus: 'Compliant', compromisedStatus: 'Unknown' }));
    await say(device.event({ complianceStatus: 'Compliant', compromisedStatus: '', eventTime: new Date(Date.now() - 60_000) }));
    expect(status()).toBe('SUSPENDED');
    await say(device.event({ complianceStatus: 'Compliant', compromisedStatus: '' }));
    expect(status()).toBe('ACTIVE');
  });

  test('that a non-compliant device is compromised too signs its user out once more', async () => {
    await say(device.event({ complianceStatus: 'NonCompliant' }));
    relay.okta.signIn(person.okta.id);
    await say(compromisedBody({ ...device.uem, complianceStatus: 'NonCompliant' }));
    expect(relay.okta.sessions(person.okta.id)).toBe(0);
    await say(device.event({ complianceStatus: 'Compliant', compromisedStatus: 'Compromised' }));
    expect(status()).toBe('SUSPENDED');
  });

  test.each([
    ['deleted', deleteBody],
    ['unenrolled', unenrolBody],
    ['wiped', enterpriseWipeBody],
  ])('that it was %s locks it out until it is enrolled again and complies', async (what, body) => {
    await say(device.event({ complianceStatus: 'Compliant' }));
    await say(body({ ...device.uem }));
    expect(status()).toBe('SUSPENDED');
    expect(relay.okta.sessions(person.okta.id)).toBe(0);
    expect(relay.entra.signInSessions(person.entra.id)).toHaveLength(1);
    expect((await relay.runs(key))[0]).toMatchObject({ outcome: 'done', causes: [what] });

    const anew = { ...device.uem, deviceId: device.uem.deviceId + 5_000 };
    await say(enrolmentBody(anew));
    await say(uemBody({ ...anew, complianceStatus: 'Compliant' }));
    expect(status()).toBe('ACTIVE');

    await say(deleteBody({ ...device.uem }));
    expect(status()).toBe('ACTIVE');
  });

  test('that it is enrolled again does not let it back in before it is said to comply, whatever was said of the enrolment before', async () => {
    await say(device.event({ complianceStatus: 'Compliant', eventTime: at(0) }));
    await say(deleteBody({ ...device.uem, eventTime: at(1) }));
    expect(status()).toBe('SUSPENDED');
    const again = { ...device.uem, deviceId: device.uem.deviceId + 5_000 };
    await say(enrolmentBody({ ...again, eventTime: at(2) }));
    expect(status()).toBe('SUSPENDED');
    await say(uemBody({ ...again, complianceStatus: 'Compliant', eventTime: at(3) }));
    expect(status()).toBe('ACTIVE');
  });

  test('in the wrong order gives what the newest event says', async () => {
    await say(device.event({ complianceStatus: 'NonCompliant', eventTime: at(20) }));
    await say(device.event({ complianceStatus: 'Compliant', eventTime: at(10) }));
    expect(status()).toBe('SUSPENDED');
    await say(device.event({ complianceStatus: 'Compliant', eventTime: at(40) }));
    await say(device.event({ complianceStatus: 'NonCompliant', eventTime: at(30) }));
    expect(status()).toBe('ACTIVE');
  });
});

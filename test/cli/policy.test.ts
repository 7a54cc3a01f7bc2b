import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { builtInPolicy } from '../../src/compliance/policy.js';
import { explain, factsOf } from '../../src/cli/explain.js';
import { policyText } from '../../src/cli/policy-text.js';
import { parsePolicy } from '../../src/policy-file.js';
import { readDevice } from '../../src/store/device.js';
import { ingest } from '../../src/store/ingest.js';
import { readWebhook } from '../../src/uem/webhook.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { compromisedBody, deleteBody, enrolmentBody, enterpriseWipeBody, uemBody, unenrolBody } from '../sandbox/uem.js';
import { runHere } from './run.js';

const now = Date.now();
const documented = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/policy.md', 'utf8'))?.[1] ?? '';
const iphone = { platform: 'iphone' } as const;

describe('a policy as text', () => {
  it.each([
    ['the built-in one', ''],
    ['the documented one', documented],
    ['one with graces of every unit', 'reactions: { noncompliant: { grace: 90s }, deleted: { grace: 2d }, wiped: { grace: 36h }, unenrolled: { grace: 45m } }'],
  ])('is the same policy when it is read again: %s', (_name, text) => {
    const policy = parsePolicy(text, 'policy.yaml');
    expect(parsePolicy(policyText(policy), 'again.yaml')).toEqual(policy);
  });
});

describe('what a saved body would cause', () => {
  it.each([
    { about: 'a device that does not comply', body: uemBody({ ...iphone, complianceStatus: 'NonCompliant' }), posture: 'contain', causes: ['noncompliant'] },
    { about: 'one that complies', body: uemBody(iphone), posture: 'free', causes: [] },
    { about: 'one that is compromised', body: compromisedBody(iphone), posture: 'contain', causes: ['compromised'] },
    { about: 'a literal that nobody has seen', body: uemBody({ ...iphone, compromisedStatus: 'perhaps' }), posture: 'hold', causes: [] },
    { about: 'a fresh enrolment', body: enrolmentBody(iphone), posture: 'none', causes: [] },
    { about: 'a wipe', body: enterpriseWipeBody(iphone), posture: 'contain', causes: ['wiped'] },
    { about: 'an unenrolment', body: unenrolBody(iphone), posture: 'contain', causes: ['unenrolled'] },
  ])('$about', ({ body, posture, causes }) => {
    expect(explain(body, builtInPolicy, now)).toMatchObject({ result: 'read', key: expect.stringMatching(/^udid:/), verdict: { posture }, causes, rule: null, exemption: null });
  });

  it('names the rule and the exemption that apply', () => {
    const policy = parsePolicy(`${documented}\n  `, 'policy.yaml');
    const body = uemBody({ ...iphone, complianceStatus: 'NonCompliant' }, { Ownership: 'Employee', EnrollmentEmailAddress: 'CEO@example.com' });
    expect(explain(body, policy, Date.parse('2026-12-30'))).toMatchObject({ rule: 1, exemption: { ticket: 'INC-4711' }, verdict: { posture: 'free', because: 'exempt' } });
    expect(explain(body, policy, Date.parse('2027-01-01'))).toMatchObject({ rule: 1, exemption: null, verdict: { posture: 'contain', reaction: { suspend: true, revokeEntra: false } } });
  });

  it('says why nothing follows from a body of another product or an unknown platform', () => {
    expect(explain({ hello: 'world' }, builtInPolicy, now)).toMatchObject({ result: 'refused' });
    expect(explain(uemBody(iphone, { Platform: 'Toaster' }), builtInPolicy, now)).toEqual({ result: 'ignored', why: 'unknown_platform' });
    expect(explain(uemBody(iphone, { ComplianceStatus: 'NotAvailable' }), builtInPolicy, now)).toMatchObject({ neutral: 'neutral_status', verdict: { posture: 'none' } });
  });
});

describe('the consequence of a saved body, for people', () => {
  const graces = 'reactions: { noncompliant: { grace: 30m }, compromised: { revokeEntra: false } }\n';
  const nonCompliant = uemBody({ ...iphone, complianceStatus: 'NonCompliant', eventTime: new Date(now) });
  const end = `${new Date(now + 1_800_000).toISOString().slice(0, 10)} [0-9:.]+Z`;
  const lockOut = 'locked out because noncompliant: suspend Okta Verify, revoke Okta sessions and tokens, revoke Entra ID sessions';

  it.each([
    { about: 'grace, and what comes after it', policy: graces, body: nonCompliant, says: `nothing: the policy gives grace; from ${end}, if nothing changes, ${lockOut}` },
    { about: 'no grace for a compromise', policy: graces, body: uemBody({ ...iphone, compromisedStatus: 'Compromised' }), says: 'locked out because compromised: suspend Okta Verify, revoke Okta sessions and tokens Why' },
    { about: 'a hold, and what does not wait for its end', policy: graces, body: uemBody({ ...iphone, complianceStatus: 'NonCompliant', compromisedStatus: 'perhaps', eventTime: new Date(now) }), says: `held for a human: nobody has seen this CompromisedStatus before; from ${end}, if nothing changes, locked out` },
    { about: 'a cause that is not acted on', policy: 'reactions: { noncompliant: none }', body: nonCompliant, says: 'free: the policy does not act on noncompliant' },
    { about: 'an exemption, and what comes after it', policy: `exemptions: [{ organizationGroup: corp, until: 2099-12-31, reason: x, ticket: T }]`, body: nonCompliant, says: `free: exempt; what we had suspended is unsuspended; from 2099-12-31 23:59:59.000Z, if nothing changes, ${lockOut}` },
    { about: 'nothing without a record', policy: 'withoutRecord: nothing', body: nonCompliant, says: `${lockOut} \\(nothing, where Okta has no record of the device\\)` },
  ])('tells $about', async ({ policy, body, says }) => {
    const folder = mkdtempSync(join(tmpdir(), 'posture-relay-explain-'));
    const [bodyFile, policyFile] = [join(folder, 'body.json'), join(folder, 'policy.yaml')];
    writeFileSync(bodyFile, JSON.stringify(body));
    writeFileSync(policyFile, policy);
    const { out } = await runHere(['policy', 'explain', bodyFile, '--policy', policyFile], {});
    rmSync(folder, { recursive: true });
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(new RegExp(`Verdict ${says}`));
  });
});

describe('the facts by which a body is explained', () => {
  let server: TestRedis;
  let redis: Redis;

  beforeAll(async () => {
    server = await startTestRedis();
    redis = server.connect();
  });
  afterAll(() => server.stop());
  beforeEach(() => redis.flushall());

  const said = ['Compliant', 'NonCompliant', 'NotAvailable'].map((complianceStatus) => uemBody({ ...iphone, complianceStatus }));
  const bodies = [...said, compromisedBody(iphone), enrolmentBody(iphone), enterpriseWipeBody(iphone), unenrolBody(iphone), deleteBody(iphone), uemBody({ ...iphone, compromisedStatus: 'perhaps' })];

  it.each(bodies.map((body) => ({ body })))('are those that the relay would keep: $body.EventType $body.ComplianceStatus $body.CompromisedStatus', async ({ body }) => {
    const reading = readWebhook(body);
    if (reading.kind !== 'event') throw new Error('not an event');
    const { key } = await ingest(redis, { event: reading.event, kept: {} }, { prefix: '{relay}', historyMs: 1e9 });
    const kept = key === undefined ? null : await readDevice(redis, '{relay}', key);
    expect(kept).not.toBeNull();
    expect(kept?.facts).toMatchObject(factsOf(reading.event, '99999999999999999'));
  });
});

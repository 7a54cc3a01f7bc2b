import { expect, test } from '@jest/globals';
import { sendWebhook } from '../sandbox/uem.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import type { RelayProcess } from './process.js';
import { redisContents } from './redis-contents.js';
import { withRelay, type Relay } from './relay.js';

const planted = {
  UEM_WEBHOOK_PASSWORD: 'webhook-canary-current',
  UEM_WEBHOOK_PASSWORD_PREVIOUS: 'webhook-canary-previous',
  CONSOLE_TOKEN: 'console-canary-token',
};
const stranger = { password: 'webhook-canary-wrong', token: 'console-canary-wrong', redis: 'redis-canary-wrong' };
const nothing = { secretsInLog: [], secretsInRedis: [], peopleInLog: [], droppedInRedis: [] };
const upstreamBody = 'upstream-canary-body';
const droppedAtTheBorder = { PhoneNumber: '+15550104477', DeviceIMEI: '356938035643809', MACAddress: '0A1B2C3D4E5F' };
const username = 'uem';

test('No credential, token or upstream text is in any log line or in Redis; no address in a log line; no phone, IMEI or MAC in Redis.', async () => {
  await withRelay({ headcount: 3, environment: planted }, async (relay) => {
    const running = relay.start('relay', { LOG_LEVEL: 'trace' });
    const [url, consoleUrl] = [await running.url(), await running.url('console listens')];
    await lockOutAndRelease(relay, url);
    const kept: string[] = [];
    kept.push(await sufferUpstreams(relay, running, url), await beRefused(relay, running, url));
    await knockAtTheDoor(relay, url, consoleUrl);
    await loseRedis(relay, running, url);
    kept.push(await redisContents(relay.client));
    await running.end('SIGTERM');
    const { output: wrongPassword } = await startWithWrongRedisPassword(relay);
    const written = { log: [running.output(), wrongPassword()].join('\n'), kept: kept.join('\n') };
    expect(written.log).toContain('"outcome":"done"');
    expect(written.kept).toContain(relay.company.people[0]!.login);
    expect(leaks(relay, written)).toEqual(nothing);
  });
});

test('The same holds for an Okta API token, accepted and refused.', async () => {
  const oktaToken = 'okta-canary-api-token';
  await withRelay({ environment: planted, oktaToken }, async (relay) => {
    const running = relay.start('relay', { LOG_LEVEL: 'trace' });
    const url = await running.url();
    await lockOutAndRelease(relay, url);
    const kept = await beRefused(relay, running, url);
    expect(running.output()).toContain('"outcome":"done"');
    expect(leaks(relay, { log: running.output(), kept })).toEqual(nothing);
  });
});

function tell(url: string, device: CompanyDevice, complianceStatus: string): Promise<{ status: number }> {
  const password = planted.UEM_WEBHOOK_PASSWORD;
  return sendWebhook(url, { ...device.event({ complianceStatus }), ...droppedAtTheBorder }, { username, password });
}

async function lockOutAndRelease(relay: Relay, url: string): Promise<void> {
  const device = relay.company.devices[0]!;
  for (const status of ['NonCompliant', 'Compliant']) {
    await tell(url, device, status);
    await relay.enforced(device);
  }
}

/** Every kind of failure, with answers that repeat what the relay had sent. */
async function sufferUpstreams(relay: Relay, running: RelayProcess, url: string): Promise<string> {
  const body = JSON.stringify({ errorCode: 'E0000009', errorSummary: [upstreamBody, ...sentSecrets(relay)].join(' '), error: { code: 'generalException', message: sentSecrets(relay).join(' ') } });
  for (const { status, text } of [{ status: 500, text: body }, { status: 400, text: body }, { status: 200, text: `not JSON: ${body}` }]) {
    for (const operation of ['listDevices', 'suspendDevice', 'revokeUserSessions']) relay.okta.order({ operation, times: 1, fault: { kind: 'status', status, body: text } });
    relay.entra.order({ operation: 'revokeSignInSessions', times: 1, fault: { kind: 'status', status, body: text } });
  }
  relay.okta.order({ operation: 'suspendDevice', times: 1, fault: { kind: 'reset_after' } });
  const during: string[] = [];
  for (const device of relay.company.devices.slice(1, 7)) {
    await tell(url, device, 'NonCompliant');
    await relay.until(device, 'has been tried', ({ enforced, failure, held, generation }) => enforced === generation || failure !== null || held !== null);
    during.push(await redisContents(relay.client));
  }
  expect(running.output()).toContain('E0000009');
  return during.join('\n');
}

/** Both upstreams refuse our credentials, and Entra's token endpoint repeats our secret. */
async function beRefused(relay: Relay, running: RelayProcess, url: string): Promise<string> {
  relay.entra.order({ operation: 'token', times: 1, fault: { kind: 'status', status: 401, body: JSON.stringify({ error: 'invalid_client', error_description: `${upstreamBody} ${relay.entra.clientSecret}` }) } });
  for (const upstream of [relay.okta, relay.entra]) {
    upstream.expireTokens();
    upstream.rejectCredentials(true);
  }
  await tell(url, relay.company.devices.at(-1)!, 'NonCompliant');
  await running.line('upstream refuses us');
  return await redisContents(relay.client);
}

async function knockAtTheDoor(relay: Relay, url: string, consoleUrl: string): Promise<void> {
  const [device] = relay.company.devices;
  const { UEM_WEBHOOK_PASSWORD_PREVIOUS: previous, CONSOLE_TOKEN: token } = planted;
  const event = device!.event({ complianceStatus: 'NonCompliant' });
  const asPrevious = await sendWebhook(url, event, { username, password: previous });
  const asStranger = await sendWebhook(url, event, { username, password: stranger.password });
  const malformed = await sendWebhook(url, `{"EnrollmentEmailAddress": "${device!.uem.email}", ${stranger.password}`, { username, password: previous });
  const tooLarge = await sendWebhook(url, device!.uem.email.repeat(5_000), { username, password: previous });
  const elsewhere = await fetch(`${url}/elsewhere?token=${token}`, bearer(token));
  const console = await fetch(`${consoleUrl}/api/v1/devices/${encodeURIComponent(device!.uem.email)}`, bearer(token));
  const consoleStranger = await fetch(`${consoleUrl}/api/v1/status`, bearer(stranger.token));
  const answers = [asPrevious, asStranger, malformed, tooLarge, elsewhere, console, consoleStranger];
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 400, 413, 404, 200, 401]);
}

function bearer(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } };
}

async function loseRedis(relay: Relay, running: RelayProcess, url: string): Promise<void> {
  await relay.redis.kill9();
  expect((await tell(url, relay.company.devices[0]!, 'Compliant')).status).toBe(503);
  const linesBefore = running.written();
  await relay.redis.restart();
  await running.line('Redis is there', linesBefore);
}

async function startWithWrongRedisPassword(relay: Relay): Promise<RelayProcess> {
  const url = new URL(relay.redis.url);
  url.password = stranger.redis;
  const refused = relay.start('workers', { LOG_LEVEL: 'trace', REDIS_URL: url.href });
  await refused.line('WRONGPASS');
  await refused.end('SIGKILL');
  return refused;
}

/** Tokens, proofs and assertions as the upstreams have received them, the secret and every line of the key. */
function sentSecrets({ okta, entra, environment }: Relay): string[] {
  const sent = [...okta.requests, ...entra.requests].flatMap(({ headers, body }) => {
    const form = new URLSearchParams(body);
    return [headers['authorization']?.split(' ')[1], headers['dpop'], form.get('client_assertion'), form.get('client_secret')];
  });
  const key = (environment['OKTA_CLIENT_PRIVATEKEY'] ?? '').split('\n').filter((line) => line.length > 40);
  return [...new Set([...sent, ...key, entra.clientSecret])].filter((secret) => typeof secret === 'string' && secret !== '').map(String);
}

/** What was written that must not be. */
function leaks(relay: Relay, { log, kept }: { log: string; kept: string }): Record<keyof typeof nothing, string[]> {
  const { redis, company, environment } = relay;
  const tokens = [environment['OKTA_CLIENT_TOKEN'] ?? upstreamBody, new URL(redis.url).password];
  const secrets = [...sentSecrets(relay), ...Object.values(planted), ...Object.values(stranger), upstreamBody, ...tokens];
  const people = company.people.flatMap(({ login }) => [login, login.split('@')[0] ?? login]);
  const dropped = Object.values(droppedAtTheBorder);
  return { secretsInLog: found(log, secrets), secretsInRedis: found(kept, secrets), peopleInLog: found(log, [...people, ...dropped]), droppedInRedis: found(kept, dropped) };
}

/** The words that a text contains as they are, or as a Basic credential. */
function found(text: string, words: string[]): string[] {
  return words.filter((word) => [word, basic(word)].some((form) => text.includes(form)));
}

function basic(password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

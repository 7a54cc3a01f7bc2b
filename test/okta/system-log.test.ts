import { afterEach, describe, expect, test } from '@jest/globals';
import { logFilter } from '../../src/okta/system-log.js';
import type { OktaDouble } from '../sandbox/okta/server.js';
import { administrator, apiTokenOwner } from '../sandbox/okta/authorization.js';
import { allScopes } from '../sandbox/okta/token-endpoint.js';
import { serviceApp } from '../upstreams/okta-subject.js';
import { clientOf, closeDoubles, nothing, org } from './org.js';

afterEach(closeDoubles);

const { clientId } = serviceApp.credentials;
const window = () => ({ since: Date.now() - 60_000, until: Date.now() + 60_000 });
const withoutLog = allScopes.filter((scope) => scope !== 'okta.logs.read');

/** Two phones, each suspended by an administrator, let in and suspended by us. */
async function story(okta: OktaDouble) {
  const client = clientOf(okta);
  const phones = [okta.addDevice({ platform: 'IOS', udid: 'U1' }).id, okta.addDevice({ platform: 'IOS', udid: 'U2' }).id] as const;
  for (const id of phones) {
    okta.setDeviceStatus(id, 'SUSPENDED');
    await client.unsuspendDevice(id);
    await client.suspendDevice(id);
  }
  return { client, phones };
}

const event = (result: string) => ({ published: '2026-01-01T00:00:00.000Z', eventType: 'device.lifecycle.suspend', actor: { id: 'a' }, outcome: { result }, target: [{ id: result }] });

describe('listLogEvents', () => {
  test('tells who did what to a device, newest first', async () => {
    const { client, phones } = await story(await org());
    const { value } = await client.listLogEvents({ what: ['suspended', 'unsuspended'], targets: [phones[0]], ...window() });
    expect(value.next).toBeUndefined();
    expect(value.events.map(({ what, actor, targets }) => [what, actor, targets])).toEqual([
      ['suspended', clientId, [phones[0]]],
      ['unsuspended', clientId, [phones[0]]],
      ['suspended', administrator.id, [phones[0]]],
    ]);
    expect(Math.abs((value.events[0]?.at ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  test('takes a deactivation and an activation for what they are, the end of a suspension', async () => {
    const okta = await org();
    const { id } = okta.addDevice({ platform: 'IOS', udid: 'U1' });
    for (const status of ['SUSPENDED', 'DEACTIVATED', 'ACTIVE', 'SUSPENDED'] as const) okta.setDeviceStatus(id, status);
    const { value } = await clientOf(okta).listLogEvents({ what: ['suspended', 'unsuspended'], targets: [id], ...window() });
    expect(value.events.map(({ what }) => what)).toEqual(['suspended', 'unsuspended', 'unsuspended', 'suspended']);
  });

  test('asks for one actor only, and bounds the question at both ends', async () => {
    const okta = await org();
    const { client, phones } = await story(okta);
    const { value } = await client.listLogEvents({ what: ['suspended'], actor: clientId, ...window() });
    expect(value.events.flatMap(({ targets }) => targets)).toEqual([phones[1], phones[0]]);
    const { value: earlier } = await client.listLogEvents({ what: ['suspended'], since: 0, until: Date.now() - 60_000 });
    expect(earlier.events).toEqual([]);
    expect(okta.calls('listLogEvents').every(({ path }) => path.includes('since=') && path.includes('until='))).toBe(true);
  });

  test('goes on page by page, with the same question', async () => {
    const { client } = await story(await org());
    const query = { what: ['suspended', 'unsuspended'] as ('suspended' | 'unsuspended')[], ...window(), limit: 4 };
    const first = (await client.listLogEvents(query)).value;
    const second = (await client.listLogEvents({ ...query, after: first.next })).value;
    expect([first.events.length, second.events.length, second.next]).toEqual([4, 2, undefined]);
  });

  test('leaves out what failed', async () => {
    const okta = await org();
    const body = JSON.stringify([event('FAILURE'), event('SUCCESS'), { ...event('other'), outcome: null, target: null }]);
    okta.order({ fault: { kind: 'status', status: 200, body }, operation: 'listLogEvents' });
    const { value } = await clientOf(okta).listLogEvents({ what: ['suspended'], ...window() });
    expect(value.events.map(({ targets }) => targets)).toEqual([['SUCCESS'], []]);
  });

  test('a cursor that Okta does not take any longer is rejected with its code', async () => {
    const okta = await org();
    await expect(clientOf(okta).listLogEvents({ what: ['suspended'], ...window(), after: 'old' })).rejects.toMatchObject({ details: { kind: 'rejected', code: 'E0000031' } });
  });

  test.each([
    [{ what: ['suspended' as const] }, '(eventType eq "device.lifecycle.suspend")'],
    [
      { what: ['suspended' as const, 'unsuspended' as const], targets: ['guo1', 'g"2'], actor: '0oa1' },
      '(eventType eq "device.lifecycle.suspend" or eventType eq "device.lifecycle.unsuspend" or eventType eq "device.lifecycle.deactivate" or eventType eq "device.lifecycle.activate") and (target.id eq "guo1" or target.id eq "g\\"2") and actor.id eq "0oa1"',
    ],
  ])('%j is asked for as a filter', (query, filter) => {
    expect(logFilter(query)).toBe(filter);
  });
});

describe('logActor', () => {
  test('is the client id of a service app', async () => {
    expect(await clientOf(await org()).logActor()).toBe(clientId);
  });

  test('is the user who made an API token', async () => {
    const okta = await org({ credentials: { token: 'api-token' } });
    expect(await clientOf(okta, { kind: 'token', token: () => 'api-token' }).logActor()).toBe(apiTokenOwner.id);
  });

  test('is nobody where the role does not let us read the log', async () => {
    const okta = await org();
    okta.order({ fault: { kind: 'status', status: 403, body: '{"errorCode":"E0000006"}' }, operation: 'listLogEvents' });
    expect(await clientOf(okta).logActor()).toBeNull();
  });

  test('is unknown, not nobody, while Okta does not answer', async () => {
    const okta = await org();
    okta.order({ fault: { kind: 'status', status: 503 }, operation: 'listLogEvents' });
    await expect(clientOf(okta).logActor()).rejects.toMatchObject({ details: { kind: 'transient' } });
  });
});

describe('an app that was not granted okta.logs.read', () => {
  test('works without the log, and asks for it once', async () => {
    const okta = await org({ credentials: { ...serviceApp.registered, scopes: withoutLog } });
    const client = clientOf(okta);
    await client.findDevices(nothing);
    expect(await client.logActor()).toBeNull();
    const before = okta.calls('token').length;
    okta.expireTokens();
    await client.findDevices(nothing);
    expect(okta.calls('token').length - before).toBe(1);
  });

  test('and lacks another scope too is refused, as before', async () => {
    const okta = await org({ credentials: { ...serviceApp.registered, scopes: ['okta.devices.read'] } });
    await expect(clientOf(okta).findDevices(nothing)).rejects.toMatchObject({ details: { kind: 'credentials', code: 'invalid_scope' } });
  });
});

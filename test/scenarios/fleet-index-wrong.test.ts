import { describe, expect, test } from '@jest/globals';
import { keyOf } from './device-key.js';
import { ada, age, alan, enrolAgain, entryOf, index, newestRun, operations, poison, relay, say, signOuts, start, status, verify } from './indexed-fleet.js';

/** Ada's Mac is locked, and the index has her record for Alan's. */
async function lockWrongly() {
  const [mine, other] = [ada().devices.mac, alan().devices.mac];
  await poison(mine, other.okta.id);
  await say(mine, 'NonCompliant');
  expect([status(mine.okta.id), status(other.okta.id)]).toEqual(['ACTIVE', 'SUSPENDED']);
  return { mine, other };
}

describe('an entry that is wrong', () => {
  test('because its record is gone costs a look-up, and the record that took its place is suspended', async () => {
    await start();
    const { iphone } = ada().devices;
    relay.okta.deleteDevice(iphone.okta.id);
    const again = enrolAgain(iphone, [ada().okta.id]);
    await say(iphone, 'NonCompliant');
    expect(await operations(iphone)).toEqual(['suspendDevice', 'listDevices', 'suspendDevice', 'revokeUserSessions', 'revokeSignInSessions']);
    expect(status(again.id)).toBe('SUSPENDED');
    expect((await newestRun(iphone))?.notes).toContain('the fleet index was out of date: the directory was asked');
    expect((await index.recall([keyOf(iphone)])).get(keyOf(iphone))?.records.map(({ id }) => id)).toEqual([again.id]);
    await say(iphone, 'Compliant');
    expect(status(again.id)).toBe('ACTIVE');
  });

  test('because its record is deactivated costs a look-up, and the active record is suspended', async () => {
    await start();
    const { iphone } = ada().devices;
    relay.okta.setDeviceStatus(iphone.okta.id, 'DEACTIVATED');
    const again = enrolAgain(iphone, [ada().okta.id]);
    await say(iphone, 'NonCompliant');
    expect([status(iphone.okta.id), status(again.id)]).toEqual(['DEACTIVATED', 'SUSPENDED']);
    expect((await newestRun(iphone))?.outcome).toBe('done');
  });

  test('because it lies under another device\'s key is passed over', async () => {
    await start();
    const [mine, other] = [ada().devices.mac, alan().devices.mac];
    await relay.client.hset('{relay}:fleet', keyOf(mine), (await relay.client.hget('{relay}:fleet', keyOf(other))) ?? '');
    await say(mine, 'NonCompliant');
    expect((await operations(mine))?.[0]).toBe('listDevices');
    expect([status(mine.okta.id), status(other.okta.id)]).toEqual(['SUSPENDED', 'ACTIVE']);
    expect(signOuts(alan())).toBe(0);
  });

  test('because another record of the device has been enrolled since is made good by the look-up', async () => {
    await start();
    const { mac } = ada().devices;
    const again = enrolAgain(mac, [ada().okta.id]);
    await say(mac, 'NonCompliant');
    expect([status(mac.okta.id), status(again.id)]).toEqual(['SUSPENDED', 'ACTIVE']);
    await verify(mac);
    expect(status(again.id)).toBe('SUSPENDED');
    expect(signOuts(ada())).toBe(2);
    await say(mac, 'Compliant');
    expect([status(mac.okta.id), status(again.id)]).toEqual(['ACTIVE', 'ACTIVE']);
  });

  test('because the device has another user now is made good by the look-up: that user is signed out', async () => {
    await start();
    const { mac } = ada().devices;
    mac.okta.users = [ada().okta.id, alan().okta.id];
    await say(mac, 'NonCompliant');
    expect(signOuts(alan())).toBe(0);
    await verify(mac);
    expect(signOuts(alan())).toBe(1);
    expect((await index.recall([keyOf(mac)])).get(keyOf(mac))?.records.flatMap(({ users }) => users.map(({ id }) => id))).toEqual([ada().okta.id, alan().okta.id]);
  });

  describe('because its record has become another device\'s', () => {
    test('is undone by the look-up at once, and the right record is suspended', async () => {
      await start();
      const { mine, other } = await lockWrongly();
      await verify(mine);
      expect([status(mine.okta.id), status(other.okta.id)]).toEqual(['SUSPENDED', 'ACTIVE']);
      const notes = (await relay.runs(keyOf(mine))).flatMap((run) => run.notes);
      expect(notes).toContain(`record ${other.okta.id} is another device's: the fleet index was wrong`);
      expect((await relay.state(keyOf(mine))).containment?.contained).not.toHaveProperty(other.okta.id);
      await say(mine, 'Compliant');
      expect([status(mine.okta.id), status(other.okta.id)]).toEqual(['ACTIVE', 'ACTIVE']);
    });

    test('is undone too when the device complies before it was looked up', async () => {
      await start();
      const { mine, other } = await lockWrongly();
      await say(mine, 'Compliant');
      expect([status(mine.okta.id), status(other.okta.id)]).toEqual(['ACTIVE', 'ACTIVE']);
    });

    test('is not undone where somebody else had suspended that record before', async () => {
      await start();
      relay.okta.setDeviceStatus(alan().devices.mac.okta.id, 'SUSPENDED');
      const { mine, other } = await lockWrongly();
      await age(mine, 120_000);
      await verify(mine);
      expect([status(mine.okta.id), status(other.okta.id)]).toEqual(['SUSPENDED', 'SUSPENDED']);
    });

    test('is let in also where that device had been locked and let in by us before', async () => {
      await start();
      const { mac } = alan().devices;
      await say(mac, 'NonCompliant');
      await say(mac, 'Compliant');
      const { mine, other } = await lockWrongly();
      await verify(mine);
      await relay.settled(keyOf(other));
      expect([status(mine.okta.id), status(other.okta.id)]).toEqual(['SUSPENDED', 'ACTIVE']);
    });

    test.each([['Compliant', 'ACTIVE'], ['NonCompliant', 'SUSPENDED']])('is left at once to that device where we know it: %s, it is %s in the end', async (says, expected) => {
      await start();
      await say(alan().devices.mac, says);
      const { mine, other } = await lockWrongly();
      await verify(mine);
      expect(await entryOf(mine, other.okta.id)).toBeUndefined();
      const { generation } = await relay.state(keyOf(other));
      await relay.until(keyOf(other), 'is enforced', (state) => state.enforced === generation);
      expect([status(mine.okta.id), status(other.okta.id)]).toEqual(['SUSPENDED', expected]);
      expect(relay.logLines.filter((line) => line.includes('are in the queue again'))).toEqual([]);
    });
  });
});

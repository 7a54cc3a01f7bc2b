import { describe, expect, test } from '@jest/globals';
import { expectLockedOut } from './locked-out.js';
import { withRelay, type Relay } from './relay.js';

/** Twice the promise: a busy machine takes its time. */
const takenOverWithinMs = 40_000;

/** One person with an iPhone, a receiver, and one worker that is about to enforce the iPhone. */
async function prepare(relay: Relay) {
  const [{ url }, worker] = await Promise.all([relay.startReceiver(), relay.startWorkers()]);
  const [person] = relay.company.people;
  if (person === undefined) throw new Error('the company has nobody');
  const device = person.devices.iphone;
  const says = (complianceStatus: string) => relay.send(url, device.event({ complianceStatus }));
  return { worker, person, device, says, asked: relay.oktaWasAsked };
}

describe('a worker that is killed in mid-run', () => {
  test.concurrent('while Okta carries out the suspension: the restarted one signs the user out, and the suspension stays ours', async () => {
    await withRelay({}, async (relay) => {
      const { worker, person, device, says, asked } = await prepare(relay);
      relay.okta.order({ operation: 'suspendDevice', fault: { kind: 'delay', ms: 500 } });
      await says('NonCompliant');
      await asked('suspendDevice');
      await worker.end('SIGKILL');
      const killedAt = Date.now();
      await relay.startWorkers();
      const { ledger } = await relay.enforced(device);
      expect(Date.now() - killedAt).toBeLessThan(takenOverWithinMs);
      expectLockedOut(relay, person, device);
      expect(ledger[device.okta.id]).toMatchObject({ state: 'ours', statusSeen: 'active' });
      const [run] = await relay.runs(device);
      expect(run?.steps.map(({ operation }) => operation)).toEqual(['listDevices', 'suspendDevice', 'revokeUserSessions', 'revokeSignInSessions']);
      await says('Compliant');
      await relay.enforced(device);
      expect(relay.okta.device(device.okta.id).status).toBe('ACTIVE');
    });
  });

  test.concurrent('while Okta revokes sessions: the restarted one does not suspend again, and revokes anew', async () => {
    await withRelay({}, async (relay) => {
      const { worker, person, device, says, asked } = await prepare(relay);
      relay.okta.order({ operation: 'revokeUserSessions', fault: { kind: 'delay', ms: 500 }, times: 1 });
      await says('NonCompliant');
      await asked('revokeUserSessions');
      await worker.end('SIGKILL');
      const killedAt = Date.now();
      await relay.startWorkers();
      const { ledger } = await relay.enforced(device);
      expect(Date.now() - killedAt).toBeLessThan(takenOverWithinMs);
      expectLockedOut(relay, person, device);
      expect(relay.okta.calls('suspendDevice')).toHaveLength(1);
      expect(ledger[device.okta.id]).toMatchObject({ state: 'ours', statusSeen: 'active' });
      const [run] = await relay.runs(device);
      expect(run?.steps.map(({ operation }) => operation)).toEqual(['revokeUserSessions', 'revokeSignInSessions']);
    });
  });

  test.concurrent('whose suspension takes effect late, when the device complies again: it is let back in', async () => {
    await withRelay({}, async (relay) => {
      const { worker, device, says, asked } = await prepare(relay);
      relay.okta.order({ operation: 'suspendDevice', fault: { kind: 'delay', ms: 14_500 } });
      await says('NonCompliant');
      await asked('suspendDevice');
      await worker.end('SIGKILL');
      await says('Compliant');
      await relay.startWorkers();
      await asked('suspendDevice', 204);
      expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
      await relay.oktaShows(device, 'ACTIVE');
      await relay.enforced(device);
      expect(relay.okta.device(device.okta.id).status).toBe('ACTIVE');
    });
  });
});

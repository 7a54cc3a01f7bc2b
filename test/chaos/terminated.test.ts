import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { webhookCredentials } from '../scenarios/environment.js';
import { expectLockedOut } from './locked-out.js';
import { milestone } from './load.js';
import { withRelay } from './relay.js';

/** Far below the 10 s after which an abandoned lock expires. */
const handedBackWithinMs = 6_000;

describe('SIGTERM', () => {
  test.concurrent('of a worker in mid-run hands the device back: another one goes on at once, and repeats no step', async () => {
    await withRelay({}, async (relay) => {
      const [{ url }, worker] = await Promise.all([relay.startReceiver(), relay.startWorkers()]);
      const person = relay.company.people[0]!;
      const device = person.devices.iphone;
      relay.okta.order({ operation: 'suspendDevice', fault: { kind: 'delay', ms: 500 }, times: 1 });
      await relay.send(url, device.event({ complianceStatus: 'NonCompliant' }));
      await relay.oktaWasAsked('suspendDevice');
      expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
      expect(relay.okta.sessions(person.okta.id)).toBe(1);
      await relay.startWorkers();
      const startedAt = Date.now();
      await relay.enforced(device);
      expect(Date.now() - startedAt).toBeLessThan(handedBackWithinMs);
      expectLockedOut(relay, person, device);
      const steps = (await relay.runs(device)).flatMap((run) => run.steps.map(({ operation }) => operation));
      expect(steps.toSorted()).toEqual(['listDevices', 'revokeSignInSessions', 'revokeUserSessions', 'suspendDevice']);
    });
  });

  test.concurrent('of the receiver answers what is being asked, and an open connection does not hold its end up', async () => {
    await withRelay({}, async (relay) => {
      const { receiver, url } = await relay.startReceiver();
      const body = JSON.stringify(relay.company.people[0]!.devices.mac.event({ complianceStatus: 'NonCompliant' }));
      const { username, password } = webhookCredentials;
      const headers = { 'content-length': body.length, expect: '100-continue', connection: 'keep-alive' };
      const asking = request(`${url}/webhooks/uem`, { method: 'POST', auth: `${username}:${password}`, headers });
      asking.write(body.slice(0, 100));
      await once(asking, 'continue');
      process.kill(receiver.pid, 'SIGTERM');
      await refused(url);
      asking.end(body.slice(100));
      const [answer] = await once(asking, 'response');
      expect({ status: answer.statusCode, connection: answer.headers.connection }).toEqual({ status: 200, connection: 'close' });
      answer.resume();
      expect(await receiver.exited).toEqual({ code: 0, signal: null });
    });
  });

  test.concurrent('of the receiver under load ends it within seconds, and whatever is answered until then is 200', async () => {
    await withRelay({}, async (relay) => {
      const { receiver, url } = await relay.startReceiver();
      const event = relay.company.people[0]!.devices.mac.event({ complianceStatus: 'NonCompliant' });
      const some = milestone(20);
      const sender = async (): Promise<number[]> => {
        const statuses: number[] = [];
        for (;;) {
          const answer = await relay.send(url, event).catch(() => null);
          if (answer === null) return statuses;
          statuses.push(answer.status);
          some.at(statuses.length);
        }
      };
      const senders = Promise.all(Array.from({ length: 4 }, sender));
      await some.reached;
      const askedAt = Date.now();
      expect(await receiver.end('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(Date.now() - askedAt).toBeLessThan(10_000);
      expect(new Set((await senders).flat())).toEqual(new Set([200]));
    });
  });

  test.concurrent('of a worker that has lost Redis ends it within seconds: nothing can be handed back', async () => {
    await withRelay({}, async (relay) => {
      const worker = await relay.startWorkers();
      await relay.redis.kill9();
      await worker.line('Redis connection');
      const askedAt = Date.now();
      await worker.end('SIGTERM');
      expect(Date.now() - askedAt).toBeLessThan(10_000);
    });
  });

  test.concurrent('of a worker that still waits for Redis ends it at once', async () => {
    await withRelay({}, async (relay) => {
      await relay.redis.kill9();
      const worker = relay.start('workers');
      await worker.line('Redis connection');
      expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null });
    });
  });
});

/** Resolves once nobody accepts connections there any longer. */
async function refused(url: string): Promise<void> {
  for (;;) {
    const probe = request(url, { agent: false }).end();
    const outcome = await Promise.race([once(probe, 'response').then(([answer]) => answer.resume()), once(probe, 'error').then(() => 'refused')]).catch(() => 'refused');
    if (outcome === 'refused') return;
  }
}

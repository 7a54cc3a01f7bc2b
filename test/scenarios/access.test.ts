import { describe, expect, test } from '@jest/globals';
import type { UemPlatform } from '../sandbox/uem-device.js';
import { tell } from '../standstill.js';
import { keyOf } from './device-key.js';
import { startScenario } from './relay.js';

describe('a device loses and regains access', () => {
  test.each<UemPlatform>(['iphone', 'android', 'windows', 'mac'])('%s', async (platform) => {
    await tell(async () => {
      const relay = await startScenario();
      try {
        const person = relay.company.person('ada.lovelace@example.com');
        const device = person.devices[platform];
        const key = keyOf(device);

        const answer = await relay.send(device.event({ complianceStatus: 'NonCompliant' }));
        expect(answer).toMatchObject({ status: 200, body: { result: 'queued' } });
        await relay.settled(key);

        expect(relay.okta.device(device.okta.id).status).toBe('SUSPENDED');
        expect(relay.okta.sessions(person.okta.id)).toBe(0);
        expect(relay.okta.tokens(person.okta.id)).toBe(0);
        expect(relay.entra.signInSessions(person.entra.id)).toHaveLength(1);
        const [run] = await relay.runs(key);
        expect(run).toMatchObject({ outcome: 'done', causes: ['noncompliant'] });
        expect(run?.steps.map(({ operation, result }) => `${operation} ${result}`)).toEqual([
          'listDevices answered',
          'suspendDevice suspended',
          'revokeUserSessions revoked',
          'revokeSignInSessions revoked',
        ]);

        await relay.send(device.event({ complianceStatus: 'Compliant' }));
        await relay.settled(key);
        expect(relay.okta.device(device.okta.id).status).toBe('ACTIVE');
        expect(relay.entra.signInSessions(person.entra.id)).toHaveLength(1);
      } finally {
        await relay.stop();
      }
    });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningWorkers } from '../../workers/start.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import { keyOf } from './device-key.js';
import { startScenario, type Scenario } from './relay.js';

/** A scenario whose workers read a policy file. */
export async function startWithPolicy(policy: string, environment: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'posture-relay-policy-'));
  const file = join(directory, 'policy.yaml');
  writeFileSync(file, policy);
  const relay = await startScenario({ environment: { ...environment, POLICY_FILE: file }, workers: false });
  let workers: RunningWorkers = await relay.startWorkers();
  const adopted = async () => {
    const line = await relay.eventually('the policy is adopted', async () => relay.logLines.find((text) => text.includes('policy adopted')) ?? null);
    relay.logLines.length = 0;
    return line;
  };
  await adopted();
  /** Starts one worker more, which finds this policy in the file. */
  const add = async (text: string) => {
    writeFileSync(file, text);
    return await relay.startWorkers();
  };
  return {
    relay,
    add,
    adopted,
    halt: () => workers.stop(),
    /** Starts the workers anew with another policy, as after an edit; resolves with what they say of the change. */
    restart: async (text: string) => {
      await workers.stop();
      workers = await add(text);
      return await adopted();
    },
    say: async (device: CompanyDevice, event: Parameters<CompanyDevice['event']>[0] = { complianceStatus: 'NonCompliant' }) => {
      await relay.send(device.event(event));
      return await relay.settled(keyOf(device));
    },
    status: ({ okta }: CompanyDevice) => relay.okta.device(okta.id).status,
    stop: async () => {
      await relay.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

export type WithPolicy = Awaited<ReturnType<typeof startWithPolicy>> & { relay: Scenario };

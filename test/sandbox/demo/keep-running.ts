import type { CompanyDevice } from '../fixtures/company.js';
import type { LogLine } from './relay-process.js';
import { say, sayTitle } from './screen.js';
import type { Stage } from './stage.js';
import { keyOf } from './story.js';

/** Leaves everything running, says how to try it, and shows what happens until the demo is ended; rejects when the relay dies. */
export async function keepRunning(stage: Stage): Promise<void> {
  const { okta, entra, receiverUrl, consoleUrl, relay, signal, company } = stage;
  const device = company.person('ada.lovelace@example.com').devices.iphone;
  sayTitle('\nEverything keeps running');
  say(`  webhooks ${receiverUrl}/webhooks/uem   console ${consoleUrl}   Okta ${okta.url}   Entra ID ${entra.url}`);
  sayTitle('Lock ada.lovelace\'s iPhone out');
  say(curl(stage, device, 'NonCompliant'));
  sayTitle('Let it in again');
  say(curl(stage, device, 'Compliant'));
  sayTitle('Look at it');
  say(`export RELAY_URL=${consoleUrl}\nnpx relay status\nnpx relay device ${keyOf(device)}`);
  sayTitle('Ctrl-C ends it. Until then, what happens:');
  relay.log.on('line', (line) => describe(line).forEach((text) => say(text)));
  await ended(signal);
}

/** A line for a shell; the EventTime is that of the moment in which it is run. */
function curl({ receiverUrl, credentials: { username, password } }: Stage, { uem }: CompanyDevice, complianceStatus: string): string {
  const { udid: Udid, serialNumber: SerialNumber, email: EnrollmentEmailAddress } = uem;
  const body = JSON.stringify({ EventTime: 'NOW', ComplianceStatus: complianceStatus, Udid, SerialNumber, Platform: 'Apple', EnrollmentEmailAddress });
  const data = `'${body.replace('NOW', `'$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)'`)}'`;
  return `curl -s -w '\\n' -u ${username}:${password} -H 'Content-Type: application/json' -d ${data} ${receiverUrl}/webhooks/uem`;
}

function describe({ time, msg, key = 'no device', result, outcome, calls = [], ...run }: LogLine): string[] {
  const clock = time.slice(11, 19);
  if (msg === 'event received') return [`  ${clock}  ${key}  event: ${result}`];
  if (msg !== 'run') return [];
  const exposure = [
    run.suspendedAfterMs == null ? [] : [`suspended after ${run.suspendedAfterMs} ms`],
    run.lastRevocationAfterMs == null ? [] : [`last revocation after ${run.lastRevocationAfterMs} ms`],
  ].flat();
  return [`  ${clock}  ${key}  run: ${[outcome, ...exposure].join(', ')} (${calls.map(({ operation }) => operation).join(', ') || 'no calls'})`];
}

async function ended(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
}

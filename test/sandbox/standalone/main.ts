import { startEntra } from '../entra/server.js';
import { seedCompany, type Company, type CompanyDevice } from '../fixtures/company.js';
import { startOkta } from '../okta/server.js';
import { upstreamsIn } from './upstreams.js';

/** Doubles of Okta and Entra ID for a relay with the same environment, until SIGTERM or Ctrl-C. What they know is gone with the process. */
async function run(): Promise<void> {
  const upstreams = upstreamsIn(process.env);
  const okta = await startOkta(upstreams.okta);
  const entra = await startEntra(upstreams.entra);
  const company = seedCompany(okta, entra);
  const end = () => void Promise.all([okta.close(), entra.close()]);
  process.once('SIGTERM', end).once('SIGINT', end);
  console.log(`Okta double: ${okta.url} (API token of OKTA_CLIENT_TOKEN)`);
  console.log(`Entra ID double: ${entra.url} (client secret of AZURE_CLIENT_SECRET)`);
  console.log(offer(company));
}

function offer(company: Company): string {
  const [device] = company.devices;
  return [
    ...company.devices.map(({ uem }) => [uem.email.padEnd(30), uem.platform.padEnd(8), uem.udid.padEnd(33), uem.serialNumber].join(' ')),
    ...(device ? ['Say as UEM that the first of them is not compliant (from the checkout; then again with Compliant):', curl(device)] : []),
    'Look at what the relay made of it: docker compose --env-file deploy/sandbox.env exec console relay status',
  ].join('\n');
}

/** A line for a shell: the password is read from the file, the EventTime is that of the moment in which it is run. */
function curl({ uem }: CompanyDevice): string {
  const { udid: Udid, serialNumber: SerialNumber, email: EnrollmentEmailAddress } = uem;
  const body = JSON.stringify({ EventTime: 'NOW', ComplianceStatus: 'NonCompliant', Udid, SerialNumber, Platform: 'Apple', EnrollmentEmailAddress });
  const data = `'${body.replace('NOW', `'$(date -u +%Y-%m-%dT%H:%M:%SZ)'`)}'`;
  const credentials = '"uem:$(sed -n s/^UEM_WEBHOOK_PASSWORD=//p deploy/sandbox.env)"';
  return `curl -s -u ${credentials} -H 'Content-Type: application/json' -d ${data} http://127.0.0.1:8080/webhooks/uem`;
}

try {
  await run();
} catch (error) {
  console.error(`The doubles cannot start.\n${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

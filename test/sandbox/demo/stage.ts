import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { graphContract, oktaContract, type Contract } from '../contract.js';
import { startEntra, type EntraDouble } from '../entra/server.js';
import { seedCompany, type Company } from '../fixtures/company.js';
import { startOkta, type OktaDouble } from '../okta/server.js';
import { createServiceApp, type ServiceApp } from '../okta/service-app.js';
import { sendWebhook, type UemBody, type UemCredentials } from '../uem.js';
import { within } from './patience.js';
import { spawnRelay, type RelayProcess } from './relay-process.js';
import { say } from './screen.js';

const receiptSchema = z.object({ result: z.string(), eventId: z.string() });

type Receipt = z.infer<typeof receiptSchema>;

/** Everything that the story is played on. */
export type Stage = {
  okta: OktaDouble;
  entra: EntraDouble;
  company: Company;
  relay: RelayProcess;
  receiverUrl: string;
  consoleUrl: string;
  credentials: UemCredentials;
  /** Whether requests are held to the vendors' contracts: their files are there. */
  contracts: boolean;
  /** Sends an event as UEM does. Rejects when the relay refuses it. */
  send: (body: UemBody) => Promise<Receipt>;
  /** Aborted when the demo is to end, with the reason. */
  signal: AbortSignal;
};

const random = () => randomBytes(18).toString('base64url');

/** Starts Okta, Entra ID and the relay with fresh credentials; what is to be stopped at the end is handed to `onStop`. */
export async function startStage(end: AbortController, onStop: (stop: () => Promise<void>) => void): Promise<Stage> {
  const { signal } = end;
  const contracts = { okta: oktaContract(), graph: graphContract() };
  const serviceApp = await createServiceApp();
  const okta = await startOkta({ credentials: serviceApp.credentials, requireDpop: true, contract: contracts.okta });
  onStop(okta.close);
  say(`  Okta       ${okta.url}, a stand-in: OAuth with DPoP${heldTo('Okta\'s', contracts.okta)}`);
  const entra = await startEntra({ clientSecret: random(), contract: contracts.graph });
  onStop(entra.close);
  say(`  Entra ID   ${entra.url}, a stand-in${heldTo('Microsoft Graph\'s', contracts.graph)}`);
  const credentials = { username: 'uem', password: random() };
  const dataDir = await mkdtemp(join(tmpdir(), 'posture-relay-demo-'));
  onStop(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
  signal.throwIfAborted();
  say('  the relay  node dist/src/main.js: receiver, workers, console and a private Redis, MODE=enforce');
  const relay = spawnRelay({ ...upstreamsOf(okta, entra, serviceApp), ...relayEnvironment(dataDir, credentials) });
  onStop(relay.stop);
  void relay.exited.then((how) => end.abort(new Error(`The relay ended by itself: ${how}`)));
  const receiverUrl = await within(signal, 'the relay listens for webhooks', relay.urlOf('receiver listens'));
  const consoleUrl = await within(signal, 'the console listens', relay.urlOf('console listens'));
  const send = async (body: UemBody): Promise<Receipt> => {
    const answer = await within(signal, 'the relay answers a webhook', sendWebhook(receiverUrl, body, credentials));
    if (answer.status !== 200) throw new Error(`The relay refused a webhook with ${answer.status}.`);
    return receiptSchema.parse(answer.body);
  };
  const checked = contracts.okta !== undefined && contracts.graph !== undefined;
  return { okta, entra, company: seedCompany(okta, entra), relay, receiverUrl, consoleUrl, credentials, contracts: checked, send, signal };
}

function heldTo(whose: string, contract: Contract | undefined): string {
  return contract ? `, held to ${whose} OpenAPI file` : ` (${whose} OpenAPI file is not here)`;
}

/** Port 0 is any free one; the relay logs which. */
function relayEnvironment(dataDir: string, { username, password }: UemCredentials): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    MODE: 'enforce',
    DATA_DIR: dataDir,
    HOST: '127.0.0.1',
    PORT: '0',
    CONSOLE_PORT: '0',
    UEM_WEBHOOK_USERNAME: username,
    UEM_WEBHOOK_PASSWORD: password,
  };
}

function upstreamsOf(okta: OktaDouble, entra: EntraDouble, { credentials, keyId, privateKeyPem }: ServiceApp): NodeJS.ProcessEnv {
  return {
    OKTA_CLIENT_ORGURL: okta.url,
    OKTA_CLIENT_CLIENTID: credentials.clientId,
    OKTA_CLIENT_KEYID: keyId,
    OKTA_CLIENT_PRIVATEKEY: privateKeyPem,
    AZURE_TENANT_ID: entra.tenantId,
    AZURE_CLIENT_ID: entra.clientId,
    AZURE_CLIENT_SECRET: entra.clientSecret,
    AZURE_AUTHORITY_HOST: entra.url,
    GRAPH_BASE_URL: entra.url,
    ALLOW_HTTP_UPSTREAMS: 'loopback',
  };
}

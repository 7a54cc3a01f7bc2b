import { Queue, Worker } from 'bullmq';
import express, { type RequestHandler } from 'express';
import { Redis } from 'ioredis';
import { request } from 'undici';
import { z } from 'zod';
import { isAuthenticated } from '../../src/receiver/credentials.js';

/**
 * What the relay's latency is compared with: the shortest way through the same parts, in one process. A route adds a job, and the job's
 * worker makes the same calls one after the other, with tokens that never run out. It looks at no newer event, limit, lock or
 * refusal, signs no proof and remembers nothing.
 */
const environment = z
  .object({
    PORT: z.coerce.number(),
    REDIS_URL: z.string(),
    UEM_WEBHOOK_USERNAME: z.string(),
    UEM_WEBHOOK_PASSWORD: z.string(),
    OKTA_CLIENT_ORGURL: z.string(),
    OKTA_API_TOKEN: z.string(),
    AZURE_TENANT_ID: z.string(),
    AZURE_CLIENT_ID: z.string(),
    AZURE_CLIENT_SECRET: z.string(),
    AZURE_AUTHORITY_HOST: z.string(),
    GRAPH_BASE_URL: z.string(),
  })
  .parse(process.env);
const event = z.object({ Udid: z.string(), EnrollmentEmailAddress: z.string() });
const devices = z.array(z.object({ id: z.string(), _embedded: z.object({ users: z.array(z.object({ user: z.object({ id: z.string() }) })) }) }));

async function call(url: string, { method = 'GET', authorization }: { method?: 'GET' | 'POST' | 'DELETE'; authorization: string }): Promise<unknown> {
  const { statusCode, body } = await request(url, { method, headers: { authorization, accept: 'application/json' } });
  const text = await body.text();
  if (statusCode >= 300) throw new Error(`${method} ${url}: ${statusCode} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

async function graphToken(): Promise<string> {
  const { AZURE_AUTHORITY_HOST, AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, GRAPH_BASE_URL } = environment;
  const form = { grant_type: 'client_credentials', client_id: AZURE_CLIENT_ID, client_secret: AZURE_CLIENT_SECRET, scope: `${GRAPH_BASE_URL}/.default` };
  const answer = await fetch(`${AZURE_AUTHORITY_HOST}/${AZURE_TENANT_ID}/oauth2/v2.0/token`, { method: 'POST', body: new URLSearchParams(form) });
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}

const okta = { authorization: `SSWS ${environment.OKTA_API_TOKEN}` };
const graph = { authorization: `Bearer ${await graphToken()}` };
const api = `${environment.OKTA_CLIENT_ORGURL}/api/v1`;

async function lockOut({ Udid, EnrollmentEmailAddress }: z.infer<typeof event>): Promise<void> {
  const search = new URLSearchParams({ search: `profile.udid eq "${Udid}"`, expand: 'userSummary' });
  for (const { id, _embedded: { users } } of devices.parse(await call(`${api}/devices?${search}`, okta))) {
    await call(`${api}/devices/${id}/lifecycle/suspend`, { ...okta, method: 'POST' });
    for (const { user } of users) await call(`${api}/users/${user.id}/sessions?oauthTokens=true&forgetDevices=true`, { ...okta, method: 'DELETE' });
  }
  await call(`${environment.GRAPH_BASE_URL}/v1.0/users/${encodeURIComponent(EnrollmentEmailAddress)}/revokeSignInSessions`, { ...graph, method: 'POST' });
}

const connection = new Redis(environment.REDIS_URL, { maxRetriesPerRequest: null });
const queue = new Queue('plain', { connection });
const worker = new Worker('plain', ({ data }) => lockOut(event.parse(data)), { connection, concurrency: 50 });
worker.on('failed', (_job, error) => void process.stderr.write(`${error.message}\n`));

const credentials = [{ username: environment.UEM_WEBHOOK_USERNAME, password: () => environment.UEM_WEBHOOK_PASSWORD }];
const authenticate: RequestHandler = (incoming, response, next) => {
  if (isAuthenticated(incoming, credentials)) next();
  else response.sendStatus(401);
};

const app = express();
app.get('/readyz', (_incoming, response) => void response.json({ status: 'ready' }));
app.post('/webhooks/uem', authenticate, express.json(), async (incoming, response) => {
  const { id } = await queue.add('enforce', event.parse(incoming.body));
  response.json({ result: 'queued', eventId: id });
});
const server = app.listen(environment.PORT, '127.0.0.1');

process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void Promise.all([worker.close(), queue.close()]).then(() => connection.quit());
});

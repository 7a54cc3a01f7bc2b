import express, { type RequestHandler } from 'express';
import { isAuthenticated } from '../../src/receiver/credentials.js';
import { createLog } from '../../src/log.js';

/**
 * What the receiver is compared with: a process with one Express route that checks the same Basic credentials in the same way, parses
 * the JSON and answers as the receiver does, and does nothing else. With LINE_PER_REQUEST it writes the receiver's log line too.
 */
const { PORT = '0', UEM_WEBHOOK_USERNAME: username = '', UEM_WEBHOOK_PASSWORD = '', LOG_LEVEL = 'info', LINE_PER_REQUEST } = process.env;
const credentials = [{ username, password: () => UEM_WEBHOOK_PASSWORD }];
const log = createLog(LOG_LEVEL, 'bare');
let count = 0;

const authenticate: RequestHandler = (request, response, next) => {
  if (isAuthenticated(request, credentials)) next();
  else response.sendStatus(401);
};

const app = express();
app.disable('x-powered-by');
app.get('/readyz', (_request, response) => void response.json({ status: 'ready' }));
app.post('/webhooks/uem', authenticate, express.json(), (request, response) => {
  const body: unknown = request.body;
  const udid = typeof body === 'object' && body !== null && 'Udid' in body ? String(body.Udid) : '';
  const eventId = `1790000000000-${(count += 1)}`;
  if (LINE_PER_REQUEST) log.info({ eventId, key: `udid:${udid}`, result: 'queued', generation: 1, eventType: 'Compliance Status Changed' }, 'event received');
  response.json({ result: 'queued', eventId });
});
const server = app.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});

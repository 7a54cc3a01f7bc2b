import type { ServerResponse } from 'node:http';

/** RFC 9457: what is wrong, and in `detail` what to do about it. */
export type Problem = { status: number; title: string; detail: string };

/** Answers with a problem as `application/problem+json`. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  sendJson(response, { type: 'about:blank', ...problem }, { status: problem.status, contentType: 'application/problem+json; charset=utf-8' });
}

/** Answers with a JSON document, without what Express adds to its own (reference: decision 10). */
export function sendJson(response: ServerResponse, document: object, { status = 200, contentType = 'application/json; charset=utf-8' } = {}): void {
  const body = JSON.stringify(document);
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

import type { Response } from 'express';

/** RFC 9457: what is wrong, and in `detail` what to do about it. */
export type Problem = { status: number; title: string; detail: string };

/** Answers with a problem as `application/problem+json`. */
export function sendProblem(response: Response, problem: Problem): void {
  response.status(problem.status).type('application/problem+json').send(JSON.stringify({ type: 'about:blank', ...problem }));
}

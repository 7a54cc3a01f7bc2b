import type { Contract } from '../contract.js';
import type { DoubleRequest } from '../http-message.js';

/** `/users('x')` as `/users/x`: Graph takes a key in parentheses or as a segment; in parentheses a quote is doubled. */
export function plainPath(pathname: string): string {
  return pathname.replace(/\/users\((?:'|%27)(.+?)(?:'|%27)\)(?=\/|$)/, (_, key: string) => {
    return `/users/${key.replaceAll(/(?:'|%27){2}/g, '%27')}`;
  });
}

/** The contract, which knows the segment form only, for both. */
export function withPlainPaths({ checkRequest, checkAnswer, check }: Contract): Contract {
  return { check, checkRequest: (request) => checkRequest(plain(request)), checkAnswer: (request, answer) => checkAnswer(plain(request), answer) };
}

function plain(request: DoubleRequest): DoubleRequest {
  return { ...request, pathname: plainPath(request.pathname) };
}

import { hostname, userInfo } from 'node:os';

/** Who runs the command, for the audit: the account and the host, as an HTTP header can carry them. */
export function actorName(): string {
  return `${account()}@${hostname()}`.replaceAll(/[^\x21-\x7E]/g, '?').slice(0, 200);
}

/** A container may run under a number that no account has. */
function account(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

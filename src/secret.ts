import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import type { Log } from './log.js';

/** A secret is asked for when it is used, so that a rotated file takes effect without a restart. */
export type Secret = () => string;

/** A secret that others show to us; null: it is revoked, and nobody is let in by it. */
export type RevocableSecret = () => string | null;

/** What is wrong with a value, in words that follow its variable and never quote it; null: nothing. */
export type Flaw = (value: string) => string | null;

/** `fresh`: it was written a moment ago, perhaps not to its end. */
type Reading = { text: string; fresh: boolean };

/** Where the value of a variable comes from. `read` throws where it cannot be had. */
export type SecretSource = { variable: string; path?: string; read: () => Reading };

/** A secret that stands in the environment itself. */
export function secretInText(variable: string, text: string): SecretSource {
  return { variable, read: () => ({ text, fresh: false }) };
}

/** Milliseconds. Longer than a file takes to be written, and than two changes can bear the same time in any file system. */
const momentMs = 2_000;

/** A secret kept in a file: read again when the file is another one or has changed, whatever its times say, and while that is a moment ago. */
export function secretInFile(variable: string, path: string): SecretSource {
  let seen = { mark: '', text: '', fresh: true, settled: false };
  const read = (): Reading => {
    const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs, ctimeMs } = statSync(path, { bigint: true });
    const mark = [dev, ino, size, mtimeNs, ctimeNs].join();
    if (mark === seen.mark && seen.settled) return seen;
    const fresh = isOfThisMoment(mtimeMs);
    seen = { mark, text: readFileSync(path, 'utf8').trim(), fresh, settled: !fresh && !isOfThisMoment(ctimeMs) };
    return seen;
  };
  return { variable, path, read };
}

function isOfThisMoment(timeMs: bigint): boolean {
  return Math.abs(Date.now() - Number(timeMs)) < momentMs;
}

const coded = z.object({ code: z.string(), path: z.string().optional() });

/** What a source says now: a usable value, or what is wrong. */
type Look = { flaw: null; value: string } | { flaw: string; empty: boolean; fresh: boolean };

/** Looks at a source; never throws. */
export function lookAt({ path, read }: SecretSource, flawOf: Flaw): Look {
  try {
    const { text, fresh } = read();
    const flaw = flawOf(text);
    return flaw === null ? { flaw, value: text } : { flaw, empty: text === '', fresh };
  } catch (error) {
    const { code = 'unreadable', path: named = path } = coded.safeParse(error).data ?? {};
    return { flaw: `the file ${named} cannot be read (${code})`, empty: false, fresh: false };
  }
}

/** A credential that we present: while its source is not usable, the last value that was, `first` to begin with, stays in use. */
export function lastUsable(source: SecretSource, flawOf: Flaw, first: string): Secret {
  const tell = teller(source.variable, null);
  let last = first;
  return () => {
    const seen = lookAt(source, (value) => (value === last ? null : flawOf(value)));
    if (seen.flaw === null) last = seen.value;
    tell(seen, stays);
    return last;
  };
}

/** A credential that others present: to empty its file revokes it; while it is not usable for another reason, the last value stays in force. */
export function revocableSecret(source: SecretSource, flawOf: Flaw): RevocableSecret {
  const first = lookAt(source, flawOf);
  const tell = teller(source.variable, first.flaw);
  let last = first.flaw === null ? first.value : null;
  return () => {
    const seen = lookAt(source, flawOf);
    if (seen.flaw === null) last = seen.value;
    else if (seen.empty && !seen.fresh) last = null;
    tell(seen, last === null ? 'nobody is let in by it' : stays);
    return last;
  };
}

const stays = 'its last usable value stays in use';

/** `flaw`: null where the secret is usable again. */
type Trouble = { variable: string; flaw: string | null; consequence: string };

const listeners = new Set<(trouble: Trouble) => void>();

/** From now on the log says when a secret is no longer usable, and when it is again. */
export function logSecrets(log: Log): void {
  listeners.add(({ variable, flaw, consequence }) => {
    if (flaw === null) log.info({ variable }, 'a secret is usable again');
    else log.error({ variable, flaw, alert: 'secret_unusable' }, `a secret is not usable: ${consequence}`);
  });
}

/** Tells each change once. What was written this moment may be half of it: the next look tells. */
function teller(variable: string, known: string | null): (seen: Look, consequence: string) => void {
  let told = known;
  return (seen, consequence) => {
    if (seen.flaw === told || (seen.flaw !== null && seen.fresh)) return;
    told = seen.flaw;
    for (const listener of listeners) listener({ variable, flaw: told, consequence });
  };
}

import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

/** One JSON object per line on standard output. Callers log ids and words; e-mail addresses, bodies and headers are never passed in. */
export function createLog(level: string, service: string, destination?: DestinationStream): Log {
  const options = { level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, serializers: { error: describeError } };
  return destination ? pino(options, destination) : pino(options);
}

/** Name, message and stack of an error, without the fields that libraries hang on it (requests, headers, configurations). */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { name: typeof error };
  return { name: error.name, message: error.message, stack: error.stack?.split('\n').slice(1, 6).map((line) => line.trim()) };
}

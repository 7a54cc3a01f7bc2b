/** How long the demo waits for any one thing, in milliseconds. */
export const patienceMs = 15_000;

/** Waits for a promise; rejects after `patienceMs` with what did not happen, or at once with the signal's reason when the demo ends. */
export function within<T>(signal: AbortSignal, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`This did not happen within ${patienceMs / 1000} s: ${what}.`));
    const end = () => reject(signal.reason instanceof Error ? signal.reason : new Error('The demo ends.'));
    if (signal.aborted) return end();
    const timer = setTimeout(giveUp, patienceMs);
    signal.addEventListener('abort', end);
    const stopWaiting = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    };
    return void promise.finally(stopWaiting).then(resolve, reject);
  });
}

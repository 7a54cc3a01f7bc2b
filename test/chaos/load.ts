import { EventEmitter, once } from 'node:events';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import type { RelayAnswer } from '../sandbox/uem.js';

/** What became of the events of one storm: which devices' were answered 200, and which were refused or cut off. */
type Sent = { accepted: CompanyDevice[]; refused: CompanyDevice[] };

type Send = (device: CompanyDevice) => Promise<RelayAnswer>;

/** Sends one event for each device, `senders` at a time; `onAnswer` hears of every outcome as it comes (null: no answer came). */
export async function sendAll(
  devices: readonly CompanyDevice[],
  send: Send,
  { senders = 8, onAnswer = () => undefined }: { senders?: number; onAnswer?: (status: number | null, sent: Sent) => void } = {},
): Promise<Sent> {
  const sent: Sent = { accepted: [], refused: [] };
  const left = [...devices];
  const work = async (): Promise<void> => {
    for (let device = left.shift(); device !== undefined; device = left.shift()) {
      const status = await send(device).then((answer) => answer.status, () => null);
      (status === 200 ? sent.accepted : sent.refused).push(device);
      onAnswer(status, sent);
    }
  };
  await Promise.all(Array.from({ length: senders }, work));
  return sent;
}

/** Resolves once a count has been reached. */
export function milestone(count: number): { reached: Promise<void>; at: (now: number) => void } {
  const counts = new EventEmitter();
  const reached = once(counts, 'reached').then(() => undefined);
  return { reached, at: (now) => void (now >= count && counts.emit('reached')) };
}

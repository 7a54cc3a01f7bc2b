import { liftPause, writePause, type Pause } from '../store/pause.js';
import { record, type Desk, type Order } from './desk.js';

/** Stops all locking; letting devices back in goes on. Returns the pause that holds now. */
export async function pause(desk: Desk, order: Order): Promise<Pause> {
  await record(desk, order, { what: 'pause', target: 'locking' });
  const holds = { since: desk.now(), ...order };
  await writePause(desk.redis, desk.prefix, holds);
  return holds;
}

/** Locks again, what waits at once. False when it was not paused. */
export async function resume(desk: Desk, order: Order): Promise<boolean> {
  await record(desk, order, { what: 'resume', target: 'locking' });
  const lifted = await liftPause(desk.redis, desk.prefix);
  await desk.queue.resumeWaiting();
  return lifted;
}

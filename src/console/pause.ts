import { liftPause, writePause } from '../store/pause.js';
import { record, type Desk, type Order } from './desk.js';

/** Stops all locking; letting devices back in goes on. */
export async function pause(desk: Desk, order: Order): Promise<void> {
  await record(desk, order, { what: 'pause', target: 'locking' });
  await writePause(desk.redis, desk.prefix, { since: desk.now(), ...order });
}

/** Locks again, what waits at once. False when it was not paused. */
export async function resume(desk: Desk, order: Order): Promise<boolean> {
  await record(desk, order, { what: 'resume', target: 'locking' });
  const lifted = await liftPause(desk.redis, desk.prefix);
  await desk.queue.resumeWaiting();
  return lifted;
}

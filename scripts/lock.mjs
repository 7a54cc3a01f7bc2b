import { createHash } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Runs `work` while no other process does so for the same `root`; a lock whose process is gone is taken over. */
export async function oneAtATime(root, work) {
  const file = join(tmpdir(), `posture-relay-prepare-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`);
  for (let announced = false; !take(file); announced = true) {
    if (!announced) console.log('prepare: waiting for another preparation of this folder');
    await delay(250);
  }
  try {
    work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  const claim = `${file}-${process.pid}`;
  writeFileSync(claim, String(process.pid));
  try {
    linkSync(claim, file); // the lock appears with its content, or not at all
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isHeld(file)) rmSync(file, { force: true });
    return false;
  } finally {
    rmSync(claim, { force: true });
  }
}

function isHeld(file) {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

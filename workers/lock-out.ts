import type { Containment } from '../src/compliance/containment.js';
import type { Contain, Run } from './run.js';

/** A lock-out under way: the run that works on it, what it follows, and how far it has come. */
export type LockOut = { run: Run; verdict: Contain; containment: Containment };

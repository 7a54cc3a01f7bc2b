import type { Environment } from '../config.js';
import type { Settings } from '../settings.js';
import type { Paint } from './terminal.js';

/** What the command needs of the process that it runs in. */
export type Surroundings = {
  version: string;
  /** Throws `ConfigError`. */
  settings: () => Settings['cli'];
  environment: () => Environment;
  write: (text: string) => void;
  complain: (text: string) => void;
  paint: Paint;
  now: () => number;
};

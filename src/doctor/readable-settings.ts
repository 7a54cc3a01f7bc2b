import { ConfigError, readConfig, type Environment } from '../config.js';
import type { Settings, SettingsPart } from '../settings.js';

/** The parts of the settings, or null where they cannot be used: then somebody else reports why. */
export function readableSettings<Part extends SettingsPart>(parts: Part[], environment: Environment): Pick<Settings, Part> | null {
  try {
    return readConfig(parts, environment);
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

import { certificatesOutOfDate } from '../certificates.js';
import { ConfigError, type Environment } from '../config.js';
import { readableSettings } from '../doctor/readable-settings.js';
import { readPolicyFile } from '../policy-file.js';
import type { Settings, SettingsPart } from '../settings.js';

/** What is wrong with certificates and the policy that the parts name. Parts that cannot be used are passed over. */
export function keyProblems(parts: SettingsPart[], environment: Environment): string[] {
  const wanted = <Part extends SettingsPart>(part: Part) => (parts.some((other) => other === part) ? readableSettings([part], environment) : null);
  return [
    ...problemsOf(() => certificatesOutOfDate({ ...wanted('tls') }, Date.now())),
    ...problemsOf(() => certificatesOutOfDate({ ...wanted('entra') }, Date.now())),
    ...policyProblems(wanted('enforcement')?.enforcement),
  ];
}

function problemsOf(find: () => string[]): readonly string[] {
  try {
    return find();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function policyProblems(enforcement?: Settings['enforcement']): string[] {
  try {
    readPolicyFile(enforcement?.POLICY_FILE);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => (problem.startsWith('POLICY_FILE') ? problem : `POLICY_FILE: ${problem}`));
  }
}

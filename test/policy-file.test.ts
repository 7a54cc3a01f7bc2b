import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { builtInPolicy } from '../src/compliance/policy.js';
import { ConfigError } from '../src/config.js';
import { parsePolicy, readPolicyFile } from '../src/policy-file.js';

function mistakes(text: string): string[] {
  try {
    parsePolicy(text, 'policy.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').slice(1).map((line) => line.trim());
    throw error;
  }
  return [];
}

describe('the policy file', () => {
  test('is the built-in policy where there is none, and where it says nothing', () => {
    expect(readPolicyFile(undefined)).toEqual(builtInPolicy);
    expect(parsePolicy('# nothing yet\n', 'policy.yaml')).toEqual(builtInPolicy);
  });

  test('reads the example of the documentation', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/policy.md', 'utf8'))?.[1] ?? '';
    const policy = parsePolicy(example, 'policy.yaml');
    expect(policy.reactions.noncompliant).toEqual({ suspend: true, revokeOkta: true, revokeEntra: true, graceMs: 1_800_000 });
    expect(policy.reactions.deleted).toBeNull();
    expect(policy.reactions.wiped).toEqual(builtInPolicy.reactions.wiped);
    expect(policy.rules[0]?.reactions.noncompliant).toMatchObject({ suspend: true, revokeEntra: false });
    expect(policy.exemptions[0]).toMatchObject({ user: 'ceo@example.com', untilMs: Date.parse('2026-12-31T23:59:59Z'), ticket: 'INC-4711' });
  });

  test.each([
    ['a misspelt member', 'reactions:\n  noncompliant: { suspned: true }\n', /^policy\.yaml:2: reactions\.noncompliant: .*suspned/],
    ['an unknown cause', 'reactions:\n  jailbroken: none\n', /^policy\.yaml:2: reactions: .*jailbroken/],
    ['a bad duration', 'reactions:\n  wiped:\n    grace: soon\n', /^policy\.yaml:3: reactions\.wiped\.grace: must be a duration such as 30m/],
    ['grace for a compromise', 'reactions:\n  compromised:\n    grace: 5m\n', /^policy\.yaml:3: reactions\.compromised\.grace: a compromised device gets no grace/],
    ['an exemption without a ticket', 'exemptions:\n  - user: a@b.c\n    until: 2026-12-31\n    reason: x\n', /^policy\.yaml:2: exemptions\.0\.ticket: /],
    ['an exemption of two things', 'exemptions:\n  - { user: a@b.c, device: X, until: 2026-12-31, reason: x, ticket: T }\n', /^policy\.yaml:2: exemptions\.0: needs exactly one of/],
    ['a bad day', 'exemptions:\n  - { user: a@b.c, until: tomorrow, reason: x, ticket: T }\n', /^policy\.yaml:2: exemptions\.0\.until: must be a day such as/],
    ['text that is no YAML', 'reactions: [\n', /^policy\.yaml:\d+: /],
  ])('names the line of %s', (_what, text, message) => {
    expect(mistakes(text)[0]).toMatch(message);
  });

  test('is refused by name where the file cannot be read', () => {
    expect(() => readPolicyFile('/nowhere/policy.yaml')).toThrow('POLICY_FILE: the file /nowhere/policy.yaml cannot be read.');
  });
});

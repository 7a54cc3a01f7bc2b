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
    ['an unknown cause', 'reactions:\n  deleted: none\n  jailbroken: none\n', /^policy\.yaml:3: reactions: .*jailbroken/],
    ['an unknown part', 'reactions:\n  deleted: none\nexempt: []\n', /^policy\.yaml:3: the file: .*exempt/],
    ['a cause that is named twice', 'reactions:\n  deleted: none\n  deleted: none\n', /^policy\.yaml:3: Map keys must be unique\.$/],
    ['a bad duration', 'reactions:\n  wiped:\n    suspend: true\n    grace: soon\n', /^policy\.yaml:4: reactions\.wiped\.grace: must be a duration such as 30m/],
    ['a duration without a unit', 'reactions:\n  wiped:\n    grace: 30\n', /^policy\.yaml:3: reactions\.wiped\.grace: must be a duration such as 30m/],
    ['a grace beyond all bounds', 'reactions:\n  wiped:\n    grace: 9999999999d\n', /^policy\.yaml:3: reactions\.wiped\.grace: must be at most 365d/],
    ['grace for a compromise', 'reactions:\n  compromised:\n    grace: 5m\n', /^policy\.yaml:3: reactions\.compromised\.grace: a compromised device gets no grace/],
    ['grace for a compromise in a rule', 'rules:\n  - when: { platform: [Apple] }\n    reactions:\n      compromised: { grace: 5m }\n', /^policy\.yaml:4: rules\.0\.reactions\.compromised\.grace: .* no grace/],
    ['grace for a compromise by an alias', 'reactions:\n  wiped: &soft\n    grace: 5m\n  compromised: *soft\n', /^policy\.yaml:4: reactions\.compromised\.grace: .* no grace/],
    ['a cause after which nothing is written', 'reactions:\n  deleted: none\n  noncompliant:\n', /^policy\.yaml:3: reactions\.noncompliant: must be none, or say what is done/],
    ['a cause of which nothing is said', 'reactions:\n  noncompliant: {}\n', /^policy\.yaml:2: reactions\.noncompliant: says nothing/],
    ['a cause with a list', 'reactions:\n  noncompliant: []\n', /^policy\.yaml:2: reactions\.noncompliant: must be none, or say what is done/],
    ['a cause that does nothing', 'reactions:\n  wiped:\n    { suspend: false, revokeOkta: false, revokeEntra: false }\n', /^policy\.yaml:2: reactions\.wiped: does nothing; .* write none/],
    ['reactions without a cause', 'reactions: {}\n', /^policy\.yaml:1: reactions: names no cause/],
    ['a rule for everything', 'rules:\n  - when: {}\n    reactions: { deleted: none }\n', /^policy\.yaml:2: rules\.0\.when: names none of/],
    ['a rule that changes nothing', 'rules:\n  - when: { platform: [Apple] }\n    reactions: {}\n', /^policy\.yaml:3: rules\.0\.reactions: names no cause/],
    ['a condition without a value', 'rules:\n  - when:\n      platform: []\n    reactions: { deleted: none }\n', /^policy\.yaml:3: rules\.0\.when\.platform: must not be empty/],
    ['an exemption without a ticket', 'exemptions:\n  - user: a@b.c\n    until: 2026-12-31\n    reason: x\n', /^policy\.yaml:2: exemptions\.0\.ticket: is required/],
    ['an exemption without an end', 'exemptions:\n  - { user: a@b.c, reason: x, ticket: T }\n', /^policy\.yaml:2: exemptions\.0\.until: must be a day such as/],
    ['an exemption with an empty reason', 'exemptions:\n  - user: a@b.c\n    until: 2026-12-31\n    reason: " "\n    ticket: T\n', /^policy\.yaml:4: exemptions\.0\.reason: must not be empty/],
    ['an exemption of nobody', 'exemptions:\n  - user: ""\n    until: 2026-12-31\n    reason: x\n    ticket: T\n', /^policy\.yaml:2: exemptions\.0\.user: must not be empty/],
    ['an exemption of two things', 'exemptions:\n  - { user: a@b.c, device: X, until: 2026-12-31, reason: x, ticket: T }\n', /^policy\.yaml:2: exemptions\.0: needs exactly one of/],
    ['a serial number that YAML takes for a number', 'exemptions:\n  - { device: 123456789, until: 2026-12-31, reason: x, ticket: T }\n', /^policy\.yaml:2: exemptions\.0\.device: must be text; in quotes/],
    ['a bad day', 'exemptions:\n  - { user: a@b.c, until: tomorrow, reason: x, ticket: T }\n', /^policy\.yaml:2: exemptions\.0\.until: must be a day such as/],
    ['a day that there is not', 'exemptions:\n  - user: a@b.c\n    until: 2026-02-30\n    reason: x\n    ticket: T\n', /^policy\.yaml:3: exemptions\.0\.until: must be a day such as/],
    ['a part after which nothing is written', 'withoutRecord: nothing\nexemptions:\n', /^policy\.yaml:2: exemptions: /],
    ['text that is no YAML', 'reactions:\n  deleted: none\n\tgrace: 3\n', /^policy\.yaml:3: /],
    ['a list that has no end', 'reactions: [\n', /^policy\.yaml:\d+: /],
    ['a second document', 'withoutRecord: nothing\n---\nwithoutRecord: sign_out\n', /^policy\.yaml:2: Source contains multiple documents/],
    ['an alias of nothing', 'reactions:\n  deleted: none\n  wiped: *soft\n', /^policy\.yaml:3: nothing above is called &soft\.$/],
    ['an unknown tag', 'withoutRecord: !env RECORD\n', /^policy\.yaml:1: Unresolved tag: !env\.$/],
  ])('names the line of %s', (_what, text, message) => {
    expect(mistakes(text)[0]).toMatch(message);
  });

  test('refuses aliases of aliases that would fill the memory', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const line = (name: string, i: number) => `${name}: &${name} [${Array(9).fill(i === 0 ? 'x' : `*${names[i - 1]}`).join(', ')}]\n`;
    expect(mistakes(names.map(line).join(''))).toEqual(['policy.yaml:2: too much is repeated by aliases (*name).']);
  });

  test('tells every mistake at once', () => {
    expect(mistakes('withoutRecord: never\nreactions:\n  wiped:\n  lost: none\n  stolen: none\n').map((mistake) => mistake.slice(0, 14))).toEqual(
      ['policy.yaml:3:', 'policy.yaml:4:', 'policy.yaml:5:', 'policy.yaml:1:'],
    );
  });

  test('is refused by name where the file cannot be read', () => {
    expect(() => readPolicyFile('/nowhere/policy.yaml')).toThrow('POLICY_FILE: the file /nowhere/policy.yaml cannot be read.');
  });
});

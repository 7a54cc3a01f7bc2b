import { stringify } from 'yaml';
import type { Policy, Reaction } from '../compliance/policy.js';

/** A policy as a policy file says it: reading the text gives the same policy. */
export function policyText({ reactions, rules, exemptions, withoutRecord }: Policy): string {
  return stringify({
    reactions: reactionsText(reactions),
    rules: rules.map(({ when, reactions: changed }) => ({ when, reactions: reactionsText(changed) })),
    exemptions: exemptions.map(({ untilMs, reason, ticket, ...whom }) => ({ ...whom, until: new Date(untilMs).toISOString().slice(0, 10), reason, ticket })),
    withoutRecord,
  });
}

function reactionsText(reactions: Partial<Policy['reactions']>) {
  return Object.fromEntries(Object.entries(reactions).map(([cause, reaction]) => [cause, reaction === null || reaction === undefined ? 'none' : reactionText(reaction)]));
}

function reactionText({ graceMs, ...does }: Reaction) {
  return { ...does, ...(graceMs > 0 && { grace: durationText(graceMs) }) };
}

const units = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000]] as const;

function durationText(ms: number): string {
  const unit = units.find(([, length]) => ms % length === 0);
  return unit === undefined ? `${ms / 1000}s` : `${ms / unit[1]}${unit[0]}`;
}

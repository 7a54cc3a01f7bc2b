import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { builtInPolicy, type Policy, type Reaction } from '../compliance/policy.js';
import type { Environment } from '../config.js';
import { readPolicyFile } from '../policy-file.js';
import { readXml, XmlRefused } from '../uem/xml.js';
import { askConsole, ConsoleUnreachable, readAnswer } from './console-client.js';
import { policyAnswerSchema } from './desk-answers.js';
import { explain, type Explanation } from './explain.js';
import { NotDone } from './many.js';
import { jsonOption } from './options.js';
import { policyText } from './policy-text.js';
import type { Surroundings } from './surroundings.js';
import { jsonText, moment, paragraph, printableLines, printableText } from './terminal.js';

/** Adds `relay policy show|explain`. */
export function addPolicy(program: Command, surroundings: Surroundings): void {
  const { write, now } = surroundings;
  const policy = program.command('policy').description('what is done about which cause');
  policy
    .command('show')
    .description('the policy in force (where no console can be reached that of POLICY_FILE, or the built-in one), or the one in a file, as a policy file')
    .argument('[file]', 'a policy file to check and show in full')
    .addOption(jsonOption())
    .action(async (file: string | undefined, { json }: { json?: true }) => {
      const found = await policyOf(surroundings, file);
      write(json ? `${jsonText(found)}\n` : printableLines(`# The policy ${found.source}.\n${policyText(found.policy)}`));
    });
  policy
    .command('explain')
    .description('what a saved webhook body would cause, and why; asks no upstream and changes nothing')
    .argument('<file>', 'the body, JSON or XML')
    .option('--policy <file>', 'by this policy file instead of the policy in force')
    .addOption(jsonOption())
    .action(async (file: string, options: { policy?: string; json?: true }) => {
      const body = readBody(file);
      const { source, policy: applied } = await policyOf(surroundings, options.policy);
      const explanation = explain(body, applied, now());
      write(`${options.json ? jsonText({ source, ...explanation }) : renderExplanation(explanation, source)}\n`);
    });
}

type Found = { source: string; policy: Policy };

/** What a console that answers says, an error too, is not passed over: another policy than the one in force would be taken for it. */
async function policyOf({ settings, environment }: Surroundings, file: string | undefined): Promise<Found> {
  if (file !== undefined) return { source: `in ${file}`, policy: readPolicyFile(file) };
  const relay = settings();
  try {
    const { policy } = readAnswer(relay, policyAnswerSchema, await askConsole(relay, 'policy'));
    return { source: `in force at ${new URL(relay.RELAY_URL).origin}`, policy };
  } catch (error) {
    if (!(error instanceof ConsoleUnreachable)) throw error;
    return localPolicy(environment());
  }
}

/** By what this command alone can see, a worker that starts with the same environment. */
function localPolicy({ POLICY_FILE: file }: Environment): Found {
  if (file) return { source: `in ${file}, the POLICY_FILE of this command (no console answers)`, policy: readPolicyFile(file) };
  return { source: 'that is built in (no console answers)', policy: builtInPolicy };
}

function readBody(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch {
    throw new NotDone(`The file ${file} cannot be read.`);
  }
  try {
    return text.startsWith('<') ? readXml(text) : z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (error) {
    throw new NotDone(error instanceof XmlRefused ? `${file}: ${error.message}` : `${file} is neither a JSON object nor an XML document.`);
  }
}

function renderExplanation(explanation: Explanation, source: string): string {
  if (explanation.result !== 'read') {
    return paragraph(explanation.result === 'refused' ? `Refused (422): ${explanation.why}` : `Ignored: ${explanation.why}. The event is kept, and nothing is done.`, 0);
  }
  const { key, neutral, says, subject } = explanation;
  const lines: [string, string][] = [
    ['Device', key ?? 'known only if its DeviceId was seen before: the body has no identifier that serves'],
    ['User', [subject.email, subject.userName].filter(Boolean).join(', in UEM ') || '-'],
    ['Says', Object.entries(says).map(([name, value]) => `${name}: ${String(value)}`).join(', ') || 'nothing about compliance, compromise or enrolment'],
    ...(neutral === null ? [] : [['', `ignored by itself: ${neutral}`] satisfies [string, string]]),
    ['Verdict', consequence(explanation)],
    ['Why', why(explanation)],
    ['Policy', source],
  ];
  return [...lines.map(([name, value]) => paragraph(`${name.padEnd(8)} ${printableText(value)}`, 0)), 'If nothing else is known of the device.'].join('\n');
}

type Read = Extract<Explanation, { result: 'read' }>;

/** What is done at once, and what time alone makes of it. */
function consequence(read: Read): string {
  const { verdict, later } = read;
  const first = consequenceOf(verdict, read);
  return later === null || !('untilMs' in verdict) || verdict.untilMs === null ? first : `${first}; from ${moment(verdict.untilMs)}, if nothing changes, ${consequenceOf(later, read)}`;
}

function consequenceOf(verdict: Read['verdict'], { causes, withoutRecord }: Read): string {
  switch (verdict.posture) {
    case 'contain':
      return `locked out because ${verdict.causes.map(({ what }) => what).join(' and ')}: ${does(verdict.reaction)}${withoutRecord === 'nothing' ? ' (nothing, where Okta has no record of the device)' : ''}`;
    case 'grace':
      return 'nothing: the policy gives grace';
    case 'hold':
      return 'held for a human: nobody has seen this CompromisedStatus before';
    case 'free':
      return `free: ${verdict.because === 'compliant' && causes.length > 0 ? `the policy does not act on ${causes.join(' and ')}` : verdict.because}; what we had suspended is unsuspended`;
    case 'none':
      return 'nothing: nothing is locked, and nothing locked is let back in';
  }
}

function does({ suspend, revokeOkta, revokeEntra }: Reaction): string {
  const steps = [suspend && 'suspend Okta Verify', revokeOkta && 'revoke Okta sessions and tokens', revokeEntra && 'revoke Entra ID sessions'];
  return steps.filter((step) => step !== false).join(', ') || 'no step at all';
}

function why({ exemption, rule, causes }: Read): string {
  if (exemption) return `exempt until ${moment(exemption.untilMs)}: ${exemption.reason} (${exemption.ticket})${causes.length > 0 ? `; it would be locked because ${causes.join(' and ')}` : ''}`;
  if (causes.length === 0) return 'no cause to lock it';
  return rule === null ? `the policy's reactions to ${causes.join(' and ')}` : `rule ${rule} of the policy, and its reactions where the rule names none, to ${causes.join(' and ')}`;
}

import type { ComplianceEvent } from './event.js';
import type { Facts } from './facts.js';
import type { Version } from './version.js';

/** UEM's word on one enrolment in its inventory, and when that enrolment began. */
type Statement = { event: ComplianceEvent; enrolledAt: Version | null };

/** As much of a device as decides which statements about it count; null: nothing is known. */
type Known = { facts: Facts; enrolment: string | null } | null;

const noFacts: Facts = {
  compliance: null,
  complianceSince: null,
  compromised: false,
  compromisedSince: null,
  unrecognised: null,
  unrecognisedSince: null,
  ended: null,
  endedSince: null,
  operator: null,
};

/**
 * What an inventory may be believed about a device. UEM goes on listing one whose deletion or wipe it has announced: of an enrolment that
 * has ended nothing good is believed, unless it began anew since.
 */
export function believe(known: Known, { event, enrolledAt }: Statement): ComplianceEvent {
  if (known?.facts.ended == null || !isCurrent(known, event) || (enrolledAt ?? '') > (known.facts.endedSince ?? '')) return event;
  const { compliance, compromised, unrecognised, ended } = event.says;
  const says = {
    ...(compliance === 'noncompliant' && { compliance }),
    ...(compromised === 'compromised' && { compromised }),
    ...(unrecognised !== undefined && { unrecognised }),
    ...(ended !== undefined && { ended }),
  };
  return { ...event, says };
}

/**
 * The facts as they would be had an event been taken in: the newer one wins, in a tie what we have. It sorts devices; which facts really
 * move is decided where they are kept (src/store/ingest-script.ts).
 */
export function factsAfter(known: Known, event: ComplianceEvent): Facts {
  const facts = known?.facts ?? noFacts;
  const at = event.time ?? '';
  const isNews = (since: Version | null) => at > (since ?? '');
  const { compliance, compromised, ended, enrolled } = event.says;
  const current = isCurrent(known, event) || enrolled === true;
  const after = { ...facts };
  if (enrolled && facts.ended !== null && isNews(facts.endedSince)) Object.assign(after, { ended: null, endedSince: at });
  if (ended && current && facts.ended === null && isNews(facts.endedSince)) Object.assign(after, { ended, endedSince: at });
  const counts = compliance === 'noncompliant' || current;
  if (compliance && !ended && counts && compliance !== facts.compliance && isNews(facts.complianceSince)) {
    Object.assign(after, { compliance, complianceSince: at });
  }
  const isCompromised = compromised === 'compromised';
  if (compromised && (isCompromised || !ended) && isNews(facts.compromisedSince)) {
    if (isCompromised !== facts.compromised) Object.assign(after, { compromised: isCompromised, compromisedSince: at });
    if (isNews(facts.unrecognisedSince)) after.unrecognised = null;
  }
  return after;
}

/** Whether a device is another one by these facts than by those. */
export function sameFacts(a: Facts, b: Facts): boolean {
  return a.compliance === b.compliance && a.compromised === b.compromised && a.unrecognised === b.unrecognised && a.ended === b.ended;
}

function isCurrent(known: Known, { enrolment }: ComplianceEvent): boolean {
  return known === null || known.enrolment === null || enrolment === null || known.enrolment === enrolment;
}

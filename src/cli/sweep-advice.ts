import type { DriftKind } from '../compliance/drift.js';
import type { AdoptionWord } from '../compliance/adoption.js';
import type { SweepEnding } from '../compliance/outcome.js';

/** What each kind of difference means, and what becomes of it. */
const kinds: Record<DriftKind, string> = {
  exposed: 'should be locked, and is not; repaired unless a human holds or has discarded it',
  wrongly_locked: 'should be free, and is suspended by the relay; repaired',
  no_longer_asked_for: 'suspended by the relay, and neither the policy nor on-call asks for it any longer; repaired once UEM says that it complies',
  gone_from_uem: 'suspended by the relay, and not in UEM any longer; never acted on: unsuspend or deactivate it in Okta by hand',
  let_in_by_others: 'should be locked, and somebody else has unsuspended it; looked at once, and never locked again by a sweep: ask who did it (relay device KEY lock locks it)',
  without_record: 'in UEM, and without a record in Okta that is in use: Okta Verify is not enrolled, or reports no identifier',
  without_identifier: 'in Okta, and without the identifier by which UEM\'s devices are found (mobile: UDID, desktop: serial number)',
  facts_differ: 'UEM says something newer than its events did: an event was lost; repaired',
  unreadable: 'what Redis holds about it cannot be read (another version of the relay wrote it, or it was edited), so it is left as it is; see state_unreadable in docs/runbook.md',
};

/** What became of a suspended record in an adoption. */
const adoptions: Record<Exclude<AdoptionWord, DriftKind>, string> = {
  adopted: 'that client suspended it; the relay unsuspends it once the device complies',
  already_ours: 'on the relay\'s ledger already',
  suspended_by_others: 'somebody else suspended it, e.g. an administrator; it stays as it is',
  no_longer_suspended: 'unsuspended or deactivated since; Okta\'s search lags behind',
  not_in_log: 'suspended more than 90 days ago, before Okta\'s log begins: unsuspend it in Okta by hand once it complies',
};

/** What ended a sweep early, and what a person does about it. */
const endings: Record<SweepEnding, string> = {
  not_configured: 'UEM\'s REST API is not configured: set UEM_API_URL and its credentials for the workers, then restart them.',
  shadow_mode: 'Only a dry run shows anything in shadow mode: adopt once the relay runs with MODE=enforce.',
  empty_inventory: 'UEM lists no device. Check the organisation group and the role of the API account.',
  partial_inventory: 'UEM lists fewer devices than it says it has. Sweep again; if it stays so, check the role of the API account.',
  shrunk_inventory: 'The inventory has lost more than half of its devices. If that is right: relay sweep --accept-shrunk.',
  unreadable_inventory: 'An answer was not what the vendor documents (a proxy\'s page? another host?). Check UEM_API_URL, OKTA_CLIENT_ORGURL and what lies between.',
  expired_cursor: 'Okta gave up the listing twice. Order it again when Okta is less busy, or raise the app\'s rate limit (Applications > the app > Application rate limits).',
  upstream_refused: 'The upstream refuses the relay: check credentials, scopes and roles with relay doctor.',
  upstream_unavailable: 'The upstream did not answer, or had no call left, for a quarter of an hour. The next sweep tries again by itself; order an adoption anew.',
  unexpected: 'A defect of the relay: see the workers\' log, and report it.',
};

/** A kind of difference, or what became of a suspended record, in words; one of a newer version only by its name. */
export function meaningOfKind(kind: string): string {
  if (isKnown(kinds, kind)) return kinds[kind];
  return isKnown(adoptions, kind) ? adoptions[kind] : 'see docs/runbook.md of the relay';
}

/** What to do about a sweep that ended early. */
export function adviceOnEnding(word: string): string {
  return isKnown(endings, word) ? endings[word] : `This version of the command does not know the word "${word}": see docs/runbook.md of the relay.`;
}

function isKnown<Known extends string>(texts: Record<Known, string>, word: string): word is Known {
  return Object.hasOwn(texts, word);
}

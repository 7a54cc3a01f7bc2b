import type { DoneWord, FailureCause, HeldWord, WaitingWord } from '../compliance/outcome.js';
import type { Standing } from '../compliance/standing.js';

type Word = DoneWord | WaitingWord | HeldWord | FailureCause | 'retry' | 'failed';

/** What each word of a run's outcome and of a failure means, and what a person does about it. */
const advice: Record<Word, string> = {
  done: 'Everything that the facts ask for was done and acknowledged.',
  done_without_device: 'Okta has no record of the device, so nothing could be suspended; its user was signed out (unless the policy says withoutRecord: nothing). The relay looks again after 1, 5 and 15 minutes.',
  superseded: 'A newer event arrived meanwhile: a later run deals with it.',
  unchanged: 'There was nothing to do.',
  exempt: 'The policy exempts the device or its user; the detail names the reason and the ticket.',
  not_ours: 'Somebody else suspended the device in Okta, so the relay leaves it suspended: if it should work again, unsuspend it in Okta (Directory > Devices).',
  shadow: 'Shadow mode: nothing was changed at Okta or Entra ID. Who is said to be locked, let in or signed out would be: MODE=enforce makes the relay act.',
  retry: 'A call failed in a way that may pass: it is tried again by itself, with growing pauses.',
  failed: 'The relay gave up for now: it tries again within the hour and at the next event, and at once with `relay failed replay KEY --reason WHY`.',
  waiting_budget: 'It waits for its turn within Okta\'s rate limit; compromised devices go first. If that takes too long, raise the app\'s limit in Okta (Applications > the app > Application rate limits); the relay follows by itself.',
  waiting_upstream: 'A rate limit is used up: the work goes on by itself when the limit is free again.',
  waiting_credentials:
    'The relay\'s own credentials are refused: `relay doctor`, run where the workers run, says which and why; check the key or secret and the app (OKTA_CLIENT_…, AZURE_…, UEM_…), and where it says invalid_scope the scopes that the app was granted. A file given as …_FILE is read again by itself, a changed variable needs a restart; one call a minute probes, then the work goes on by itself.',
  waiting_permission:
    'The relay lacks a permission: grant what the operation needs (Okta: okta.devices.read, okta.devices.manage, okta.users.read, okta.users.manage and an admin role; Graph: User.RevokeSessions.All; UEM: a role that reads devices): `relay doctor`, run where the workers run, tries each. One call a minute probes, then the work goes on by itself.',
  paused: 'Somebody paused locking: `relay resume --reason WHY` starts it again. Letting devices back in goes on.',
  held_mass:
    'More devices than the safeguard allows became due for locking at once: find out whether the cause is real, then `relay held release --word held_mass --reason WHY` (or KEYs) or `relay held discard --word held_mass --reason WHY`, and `relay held reset --reason WHY`.',
  held_ambiguous:
    'Okta has several records that may be different devices, and none was suspended: find the right one in Okta (Directory > Devices), suspend it there if it must be locked, and deactivate the stale ones. `relay held release KEY --reason WHY` says that they are one; the next event with news about the device plans again.',
  held_unknown_status:
    'UEM sent a CompromisedStatus that nobody has seen before: look the device up in UEM, and if it is compromised suspend it in Okta (Directory > Devices). `relay held release KEY --reason WHY` locks the device; the next event with a known value plans again.',
  device_deactivated: 'The device is deactivated in Okta: activate it there (Directory > Devices), or have the user enrol Okta Verify anew.',
  user_not_found: 'The directory knows no such user: find the person whose e-mail address UEM sends, revoke the sessions by hand, and correct the address in UEM or in the directory.',
  ambiguous_user: 'Several users have the enrolment e-mail address, and none was touched: revoke the right person\'s sessions by hand, and give each user an address of their own.',
  not_confirmed: 'The call was answered, but reading afterwards did not show its effect: look at the detail\'s object in Okta or Entra ID, and do it by hand if it did not happen.',
  rejected: 'The call was refused for good, for this device or person only: the detail names it. Look the object up, and do it by hand if it is urgent. Where it says entra listUsers and HTTP 403, the app may not look users up: grant User.ReadBasic.All.',
  expired: 'It was tried for 24 hours without success: see the newest run for what stood in the way.',
  crashed_worker: 'Workers ended again and again while they dealt with the device: see the workers\' logs (and report it).',
  state_unreadable: 'What Redis holds about the device cannot be read: restore it, or run the version that wrote it. No event about it can be enforced until then.',
};

/** What a word asks a person to do; for a word of a newer version where to read about it. */
export function adviceFor(word: string): string {
  return isKnown(advice, word) ? advice[word] : `This version of the command does not know the word "${word}": see docs/runbook.md of the relay.`;
}

const standings: Record<Standing, string> = {
  free: 'It should be free, and is as far as the relay knows.',
  locked_by_us: 'It should not be in use, and the relay suspended it.',
  locked_by_other: 'It should not be in use, and somebody else suspended it.',
  exposed: 'It should be locked, and is not (or not completely, or Okta has no record of it). If it cannot wait and has a record, suspend it in Okta by hand (Directory > Devices); the relay does not undo that: unsuspend it there, too, once it complies.',
  wrongly_locked: 'It should be free, and is still suspended by the relay: if its user cannot wait, unsuspend it in Okta by hand (Directory > Devices).',
  held: 'It waits for a human.',
};

/** What it means that a device stands there. */
export function meaningOf(standing: string): string {
  return isKnown(standings, standing) ? standings[standing] : '';
}

function isKnown<Known extends string>(texts: Record<Known, string>, word: string): word is Known {
  return Object.hasOwn(texts, word);
}

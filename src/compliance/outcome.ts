/** How a run can end. Closed lists: each word has a paragraph in docs/runbook.md. */
export const doneWords = ['done', 'done_without_device', 'superseded', 'unchanged', 'exempt', 'not_ours', 'shadow'] as const;
export const waitingWords = ['waiting_budget', 'waiting_upstream', 'waiting_credentials', 'waiting_permission', 'paused'] as const;
export const heldWords = ['held_mass', 'held_ambiguous', 'held_unknown_status'] as const;
export const failureCauses = [
  'device_deactivated',
  'user_not_found',
  'ambiguous_user',
  'not_confirmed',
  'rejected',
  'expired',
  'crashed_worker',
  'state_unreadable',
] as const;

/** Why a sweep ended before it had seen, or repaired, everything. */
export const sweepEndings = [
  'not_configured',
  'shadow_mode',
  'empty_inventory',
  'partial_inventory',
  'shrunk_inventory',
  'unreadable_inventory',
  'expired_cursor',
  'upstream_refused',
  'upstream_unavailable',
  'unexpected',
] as const;
export type SweepEnding = (typeof sweepEndings)[number];

export type DoneWord = (typeof doneWords)[number];
export type WaitingWord = (typeof waitingWords)[number];
export type HeldWord = (typeof heldWords)[number];
export type FailureCause = (typeof failureCauses)[number];

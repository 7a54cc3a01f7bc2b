import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerEntry } from '../src/compliance/ledger.js';
import type { DeviceRecord } from '../src/compliance/record.js';
import { UpstreamFailure } from '../src/failure.js';
import type { Answered } from '../src/http-call.js';
import { prepare } from '../src/leave.js';
import type { Spellings } from '../src/okta/device.js';
import { bucketOf } from '../src/okta/rate-limit.js';
import type { Block } from '../src/store/blocks.js';
import type { Answer, Budget, Claim, Token } from '../src/store/budget.js';
import type { Step } from '../src/store/runs.js';
import { blockAfter, liftBlocks, scopesOf, type Blocking, type Target } from './blocking.js';
import type { Lanes } from './lanes.js';
import type { LookUps } from './look-ups.js';
import { BudgetSpent, openPurse, patienceMs, type Purse } from './purse.js';

/** A call was not made because everybody waits for its upstream. */
export class UpstreamBlocked extends Error {
  readonly block: Block;

  constructor(block: Block) {
    super(`${block.scope} is blocked: ${block.detail}`);
    this.name = 'UpstreamBlocked';
    this.block = block;
  }
}

/** A call was not made because a newer generation, another worker or the shutdown has taken the device over. */
export class Overtaken extends Error {}

export type Call = Target & {
  /** Whether the call changes something: then it is only made while the run is still the device's newest. */
  changes: boolean;
  /** Of a record's status: what the ledger says of the target from just before the call on. */
  intent?: LedgerEntry;
  /** Called when the call may be made, just before it is sent. */
  onLeave?: () => void;
};

/** A request that may be sent has left the machine after so many milliseconds, and nothing that others do meanwhile has kept it. */
const underWayMs = 5;

type Leave = { probing: string[]; token: Token | null };
type Denied = Extract<Answer, { token: null }>;

export type CallsOptions = Blocking & {
  /** Names the run among those that wait for the budget. */
  key: string;
  budget: Budget;
  lookUps: LookUps;
  lanes: Lanes;
  /** Calls that change something are not sent, and cost nothing. */
  simulated: boolean;
  attempt: number;
  /** False once the run should not change anything any longer. */
  stillCurrent: () => Promise<boolean>;
  /** By what the same is seen in one step with the budget; null once the run should not change anything. */
  hold: () => Pick<Claim, 'generation' | 'lock'> | null;
  saveIntent: (recordId: string, intent: LedgerEntry) => Promise<void>;
};

/** Makes the calls of one run: respects what is blocked and the budget, records every step, and tells everybody what it learnt of an upstream. */
export class Calls {
  readonly steps: Step[] = [];
  /** True once a call that changes something was answered. */
  changed = false;
  readonly #options: CallsOptions;
  #patienceMs = patienceMs;
  #admitted: Promise<boolean> = Promise.resolve(true);
  #counted: Claim['counted'] = null;
  #idlers: (() => void)[] = [];

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Resolves as soon as the run waits for an upstream, or for its turn: what is done then keeps no call waiting. */
  async idle(): Promise<void> {
    await new Promise<void>((resolve) => this.#idlers.push(resolve));
  }

  /** Whoever waits for the run to be idle need not wait any longer. */
  beIdle(): void {
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  /** Whether the run may make calls at all. */
  get admitted(): Promise<boolean> {
    return this.#admitted;
  }

  /**
   * Makes no call unless the run is `admitted`, and until that is known none but the change of a device's status that finds it `counted`.
   * Whoever asks for the admission hears why there is none.
   */
  waitFor(admitted: Promise<boolean>, counted: NonNullable<Claim['counted']>): void {
    this.#counted = counted;
    this.#admitted = admitted.catch(() => false);
    void this.#admitted.then((isAdmitted) => (this.#counted = isAdmitted ? null : counted));
  }

  /** `listDevices` for the run's device, in one search with others that wait for the budget. Throws as `make` does. */
  async findDevices(spellings: Spellings): Promise<DeviceRecord[]> {
    const { key, lanes, lookUps } = this.#options;
    const seat = lookUps.seat({ key, lane: lanes.looking, spellings });
    return await this.make({ upstream: 'okta', operation: 'listDevices', target: key, changes: false }, seat.search, seat);
  }

  /**
   * Throws `UpstreamBlocked`, `BudgetSpent` or `Overtaken` (also where the run is not admitted) without calling, and what the call throws.
   * The `send` of a change begins at once: its requests wait for leave.
   */
  async make<T extends string | object | null>(call: Call, send: () => Promise<Answered<T>>, purse = this.#purse(call)): Promise<T> {
    const leave = this.#leave(call, purse);
    const answered = call.changes ? prepare(leave, send) : leave.then(send);
    answered.catch(() => undefined); // told below; without leave it has done nothing
    const { probing, token } = await leave;
    call.onLeave?.();
    setTimeout(() => this.beIdle(), underWayMs);
    const startedAt = this.#options.now();
    try {
      const { value, status, requestId } = await answered;
      this.#record(call, startedAt, { result: typeof value === 'string' ? value : 'answered', status, requestId });
      if (call.changes) this.changed = true;
      await liftBlocks(probing, this.#options);
      return value;
    } catch (error) {
      await this.#learn(call, startedAt, error);
      throw error;
    } finally {
      // Nobody waits for this on the way to the next call.
      if (token) purse?.end(token).catch((error: unknown) => this.#options.log.warn({ error }, 'budget: Redis'));
    }
  }

  /** All that must be so before a call. */
  async #leave(call: Call, purse: Purse | null): Promise<Leave> {
    for (;;) {
      const claimed = await this.#claim(call, purse);
      if (claimed?.token) return { probing: [], token: claimed.token };
      const leave = claimed ?? (await this.#permit(call, purse));
      if ('probing' in leave) return leave;
      await this.#wait(call, leave);
    }
  }

  /** In one question, with the intent; null where it is not the usual one. */
  async #claim(call: Call, purse: Purse | null): Promise<Answer | null> {
    const held = this.#options.hold();
    if (!call.changes || held === null || !purse?.claim || (call.intent === undefined && this.#counted !== null)) return null;
    const intent = call.intent === undefined ? null : { recordId: call.target, entry: call.intent };
    return await purse.claim({ ...held, intent, counted: this.#counted, unblocked: scopesOf(call) });
  }

  /** Side by side, and the intent after that. The probe of a blocked upstream goes ahead without a token. */
  async #permit(call: Call, purse: Purse | null): Promise<Leave | Denied> {
    const { blocks, saveIntent } = this.#options;
    if (!(await this.#admitted)) throw new Overtaken();
    const [permitted, paid] = await Promise.allSettled([this.#permission(call), purse?.take()]);
    if (permitted.status === 'rejected') {
      if (paid.status === 'fulfilled' && paid.value) await decline(purse, paid.value, permitted.reason);
      throw permitted.reason;
    }
    const probing = permitted.value;
    if (paid.status === 'rejected') {
      await blocks.giveBack(probing);
      throw paid.reason;
    }
    const answer = paid.value;
    if (answer?.token === null && probing.length === 0) return answer;
    if (call.intent) await saveIntent(call.target, call.intent);
    return { probing, token: answer?.token ?? null };
  }

  /** The blocks for which the call is the probe. Throws where it may not be made. */
  async #permission(call: Call): Promise<string[]> {
    const { blocks, now, stillCurrent } = this.#options;
    const [permission, current] = await Promise.all([blocks.permission(scopesOf(call), now()), call.changes ? stillCurrent() : true]);
    if (!permission.allowed) throw new UpstreamBlocked(permission.block);
    if (current) return permission.probing;
    await blocks.giveBack(permission.probing);
    throw new Overtaken();
  }

  /** Null where the call costs nothing of the budget: others than Okta tell how long to wait when it comes to that. */
  #purse({ upstream, operation, changes }: Call): Purse | null {
    const { budget, key, lanes, simulated } = this.#options;
    if (upstream !== 'okta' || (simulated && changes)) return null;
    return openPurse(budget, bucketOf(operation), { lane: changes ? lanes.acting : lanes.looking, key });
  }

  async #wait({ operation }: Call, { soonMs, turnsMs }: Denied): Promise<void> {
    if (soonMs > this.#patienceMs) throw new BudgetSpent(bucketOf(operation), this.#options.now() + Math.max(...turnsMs));
    this.#patienceMs -= soonMs;
    this.beIdle();
    await delay(soonMs);
  }

  #record(call: Call, startedAt: number, answer: Pick<Step, 'result' | 'status' | 'requestId'>): void {
    const { operation, upstream, target } = call;
    const { attempt, now } = this.#options;
    this.steps.push({ operation, upstream, target, attempt, startedAt, durationMs: now() - startedAt, ...answer });
  }

  async #learn(call: Call, startedAt: number, error: unknown): Promise<void> {
    if (!(error instanceof UpstreamFailure)) return;
    const { kind, status, code, requestId } = error.details;
    const result = code === undefined ? kind : `${kind} ${code}`;
    this.#record(call, startedAt, { result, status: status ?? null, requestId: requestId ?? null });
    await blockAfter(error, call, this.#options);
  }
}

/** No call is made for what was asked of the budget. Only who is to be run again at once keeps a place in the line. */
async function decline(purse: Purse | null, answer: Answer, why: unknown): Promise<void> {
  if (answer.token !== null) await purse?.giveBack(answer.token);
  else if (!(why instanceof Overtaken)) await purse?.leaveLine();
}

import { setTimeout as delay } from 'node:timers/promises';
import type { DeviceKey } from '../src/compliance/device.js';
import type { DeviceRecord } from '../src/compliance/record.js';
import { UpstreamFailure } from '../src/failure.js';
import type { Answered } from '../src/http-call.js';
import type { OktaClient } from '../src/okta/client.js';
import { deviceFilter, isSpelled, type Spellings } from '../src/okta/device.js';
import { bucketOf } from '../src/okta/rate-limit.js';
import type { Budget, Lane, Token } from '../src/store/budget.js';
import { BudgetSpent, patienceMs, type Purse } from './purse.js';

type Found = Answered<DeviceRecord[]>;
type Wish = { key: DeviceKey; lane: Lane; spellings: Spellings };
type Paid = { token: Token } | { token: null; turns: Map<DeviceKey, number> };
type Outcomes = Map<DeviceKey, { found: Found } | { error: unknown }>;

/** Devices that one search is for. */
type Part = { lane: Lane; wishes: Wish[] };

/** One device's part in a search, and in what the search costs. */
type Seat = Purse & { search: () => Promise<Found> };

type LookUpsOptions = { okta: Pick<OktaClient, 'findDevices'>; budget: Budget; now: () => number };

const bucket = bucketOf('listDevices');
const mostDevices = 20;
/** So long a search waits for company, where the budget was short within so long, milliseconds. */
const companyMs = 150;
const shortForMs = 1_000;
/** Of the filter as a URL has it: with the rest it stays below 6 kB, and servers and proxies take 8 kB. */
const longestFilter = 5_500;

/**
 * Looks devices up at Okta. Those that wait for the budget at the same time share a search; while there
 * is enough for everybody, none waits for company. Where Okta refuses a search of several, its halves are tried: no device fails another.
 */
export class LookUps {
  readonly #options: LookUpsOptions;
  readonly #waiting = new Map<Lane, Group>();
  /** When the budget last had nothing for a search, milliseconds since 1970. */
  #shortAt = -Infinity;
  /** Devices of refused searches whose halves had to wait: they are looked up alone. */
  readonly #apart = new Set<DeviceKey>();

  constructor(options: LookUpsOptions) {
    this.#options = options;
  }

  /** A seat in the search that waits, or in one of its own, as soon as a token is asked for: a device that may not be looked up holds up nobody. */
  seat(wish: Wish): Seat {
    const { budget } = this.#options;
    let group: Group | null = null;
    return {
      take: async () => {
        group = this.#join(wish);
        const paid = await group.paid;
        return paid.token === null ? { token: null, soonMs: Infinity, turnsMs: [paid.turns.get(wish.key) ?? 0] } : paid;
      },
      search: async () => {
        if (group === null) throw new Error(`${wish.key} is to be looked up without a token`);
        group.outcomes ??= this.#search(group);
        const outcome = (await group.outcomes).get(wish.key);
        if (outcome === undefined) throw new Error(`${wish.key} was left out of a search`);
        if ('error' in outcome) throw outcome.error;
        return outcome.found;
      },
      end: (token) => budget.end(token),
      giveBack: async (token) => {
        if (group === null) return;
        group.wishes = group.wishes.filter((other) => other !== wish);
        if (group.wishes.length === 0 && group.outcomes === null) await budget.giveBack(token);
      },
      leaveLine: () => budget.leaveLine(bucket, { lane: wish.lane, who: [wish.key] }),
    };
  }

  #join(wish: Wish): Group {
    const waiting = this.#waiting.get(wish.lane);
    if (this.#apart.has(wish.key)) return new Group(wish.lane, [wish], this.#pay);
    if (waiting?.hasRoomFor(wish) === true) {
      waiting.wishes.push(wish);
      return waiting;
    }
    const group = new Group(wish.lane, [wish], this.#pay);
    this.#waiting.set(wish.lane, group);
    return group;
  }

  readonly #pay = async (group: Group): Promise<Paid> => {
    try {
      return await this.#takeFor(group);
    } catch (error) {
      // Whoever comes next asks anew.
      group.waits = false;
      throw error;
    }
  };

  /** Takes a token for the group, waiting as long as a job may; whoever joined until then has a part in it, or a turn. */
  async #takeFor(group: Group): Promise<Paid> {
    const { budget, now } = this.#options;
    if (group.lane !== 'compromised' && now() - this.#shortAt < shortForMs) await delay(companyMs);
    for (let leftMs = patienceMs; ; ) {
      const who = group.wishes.map(({ key }) => key);
      const answer = await budget.take(bucket, { lane: group.lane, who, perToken: mostDevices });
      if (answer.token === null) this.#shortAt = now();
      if (answer.token === null && answer.soonMs <= leftMs) {
        leftMs -= answer.soonMs;
        await delay(answer.soonMs);
      } else if (answer.token !== null || who.length === group.wishes.length) {
        group.waits = false;
        return answer.token === null ? { token: null, turns: new Map(who.map((key, i) => [key, answer.turnsMs[i] ?? 0])) } : answer;
      }
    }
  }

  async #search({ lane, wishes }: Part): Promise<Outcomes> {
    try {
      const found = await this.#options.okta.findDevices(together(wishes));
      return new Map(wishes.map(({ key, spellings }) => [key, { found: { ...found, value: found.value.filter((record) => isSpelled(record, spellings)) } }]));
    } catch (error) {
      if (wishes.length > 1 && isAboutOne(error)) return await this.#searchHalves({ lane, wishes });
      return new Map(wishes.map(({ key }) => [key, { error }]));
    } finally {
      if (wishes.length === 1) for (const { key } of wishes) this.#apart.delete(key);
    }
  }

  async #searchHalves({ lane, wishes }: Part): Promise<Outcomes> {
    const middle = Math.ceil(wishes.length / 2);
    const halves = await Promise.all([wishes.slice(0, middle), wishes.slice(middle)].map((half) => this.#searchHalf({ lane, wishes: half })));
    return new Map(halves.flatMap((outcomes) => [...outcomes]));
  }

  async #searchHalf({ lane, wishes }: Part): Promise<Outcomes> {
    const paid = await new Group(lane, wishes, this.#pay).paid;
    if (paid.token !== null) {
      const outcomes = await this.#search({ lane, wishes });
      await this.#options.budget.end(paid.token);
      return outcomes;
    }
    for (const { key } of wishes) this.#apart.add(key);
    return new Map([...paid.turns].map(([key, turnMs]) => [key, { error: new BudgetSpent(bucket, this.#options.now() + turnMs) }]));
  }
}

/** Devices of one lane that share a search; others may join while it waits for its token. */
class Group {
  readonly lane: Lane;
  wishes: Wish[];
  waits = true;
  outcomes: Promise<Outcomes> | null = null;
  readonly paid: Promise<Paid>;

  constructor(lane: Lane, wishes: Wish[], pay: (group: Group) => Promise<Paid>) {
    this.lane = lane;
    this.wishes = wishes;
    this.paid = pay(this);
  }

  hasRoomFor(wish: Wish): boolean {
    const length = () => encodeURIComponent(deviceFilter(together([...this.wishes, wish]))).length;
    return this.waits && this.wishes.length < mostDevices && length() <= longestFilter;
  }
}

function together(wishes: Wish[]): Spellings {
  return { udid: wishes.flatMap(({ spellings }) => spellings.udid), serialNumber: wishes.flatMap(({ spellings }) => spellings.serialNumber) };
}

/** Whether the answer may be down to a single device of several: a filter that Okta does not take, a list without end. */
function isAboutOne(error: unknown): boolean {
  return error instanceof UpstreamFailure && (error.details.kind === 'rejected' || error.details.kind === 'garbage');
}

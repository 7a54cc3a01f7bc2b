import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { builtInPolicy, policySchema, type Policy } from '../compliance/policy.js';
import { redisKeys, type Prefix } from './keys.js';
import { Script } from './script.js';

/** A worker and the policy of its file. `insists`: it has not been in force since the worker started. */
export type PolicyClaim = { policy: Policy; worker: string; insists: boolean };

/** For how long a worker that does not speak up any longer is taken for one that runs. */
const leaseMs = 60_000;

/**
 * KEYS policy in force · digests of those that were before it · digest of a policy and the worker that has it in its file, with the
 * millisecond at which that one was last heard of · the policies, as JSON, that were replaced since every device was planned
 * ARGV policy as JSON, its digest, worker, lease in ms, whether it insists
 */
const putInForceScript = new Script(`
local t = redis.call('TIME')
local nowMs = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', nowMs - tonumber(ARGV[4]))
redis.call('ZADD', KEYS[3], nowMs, ARGV[2] .. ' ' .. ARGV[3])
local inForce = redis.call('GET', KEYS[1])
if inForce == ARGV[1] then return 'in_force' end
if inForce then
  if ARGV[5] ~= '1' then return 'superseded' end
  local digest = redis.sha1hex(inForce)
  if redis.call('SISMEMBER', KEYS[2], ARGV[2]) == 1 then
    for _, holder in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
      if string.sub(holder, 1, 40) == digest then return 'superseded' end
    end
  end
  redis.call('SADD', KEYS[2], digest)
  redis.call('SADD', KEYS[4], inForce)
end
redis.call('SET', KEYS[1], ARGV[1])
return 'put'
`);

/**
 * Puts a worker's policy in force for all workers. `superseded`: another one holds, because this one was in force before it and a worker that
 * runs has that one in its file, or because the worker does not insist. To be called again within the lease.
 */
export async function putInForce(redis: Redis, prefix: Prefix, { policy, worker, insists }: PolicyClaim): Promise<'put' | 'in_force' | 'superseded'> {
  const keys = redisKeys(prefix);
  const text = JSON.stringify(policy);
  const names = [keys.policy, keys.policies('earlier'), keys.policies('holders'), keys.policies('replaced')];
  const answer = await putInForceScript.run(redis, names, [text, digestOf(text), worker, leaseMs, insists ? 1 : 0]);
  return answer === 'put' || answer === 'in_force' ? answer : 'superseded';
}

/** The worker stops: its file says nothing any longer. */
export async function withdraw(redis: Redis, prefix: Prefix, { policy, worker }: PolicyClaim): Promise<void> {
  await redis.zrem(redisKeys(prefix).policies('holders'), `${digestOf(JSON.stringify(policy))} ${worker}`);
}

/** Reads the policy that holds for all workers; `fallback` holds where Redis has none. */
export function policyReader(redis: Redis, prefix: Prefix, fallback: Policy): () => Promise<Policy> {
  let last: { text: string | null; policy: Policy } = { text: null, policy: fallback };
  return async () => {
    const text = await redis.get(redisKeys(prefix).policy);
    if (text !== last.text) last = { text, policy: text === null ? fallback : policySchema.parse(JSON.parse(text)) };
    return last.policy;
  };
}

/** The policy that holds: the one that the workers put in force, or the built-in one before there is any. */
export async function policyInForce(redis: Redis, prefix: Prefix): Promise<Policy> {
  return await policyReader(redis, prefix, builtInPolicy)();
}

/** A policy under which devices were planned that are still to be planned again; null: it cannot be read. */
export type Replaced = { text: string; policy: Policy | null };

/** The policies that were replaced since every device was planned by the one in force. */
export async function replacedPolicies(redis: Redis, prefix: Prefix): Promise<Replaced[]> {
  return (await redis.smembers(redisKeys(prefix).policies('replaced'))).map((text) => ({ text, policy: read(text) }));
}

/** The devices that the change from them affects have been planned again. */
export async function forgetReplaced(redis: Redis, prefix: Prefix, replaced: Replaced[]): Promise<void> {
  await redis.srem(redisKeys(prefix).policies('replaced'), ...replaced.map(({ text }) => text));
}

function read(text: string): Policy | null {
  try {
    return policySchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function digestOf(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

import type { Redis } from 'ioredis';
import { builtInPolicy, policySchema, type Policy } from '../compliance/policy.js';
import { redisKeys, type Prefix } from './keys.js';

/** The policy under which the workers planned every device last; null before their first start. */
export async function readAdoptedPolicy(redis: Redis, prefix: Prefix): Promise<Policy | null> {
  const text = await redis.get(redisKeys(prefix).policy);
  return text === null ? null : policySchema.parse(JSON.parse(text));
}

/** Remembers the policy under which every device has been planned. */
export async function writeAdoptedPolicy(redis: Redis, prefix: Prefix, policy: Policy): Promise<void> {
  await redis.set(redisKeys(prefix).policy, JSON.stringify(policy));
}

/** The policy that holds: the adopted one, or the built-in one before there is any. */
export async function policyInForce(redis: Redis, prefix: Prefix): Promise<Policy> {
  return (await readAdoptedPolicy(redis, prefix)) ?? builtInPolicy;
}

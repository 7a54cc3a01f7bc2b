import { describe, expect, test } from '@jest/globals';
import { builtInPolicy, type Policy } from '../../src/compliance/policy.js';
import { redisKeys } from '../../src/store/keys.js';
import { policyReader, putInForce, replacedPolicies, withdraw } from '../../src/store/policy.js';
import { PolicyTurn } from '../../src/store/policy-turn.js';
import { redisOfThisFile } from '../redis-of-file.js';

const prefix = '{relay}';
const lenient: Policy = { ...builtInPolicy, withoutRecord: 'nothing' };
const third: Policy = { ...builtInPolicy, reactions: { ...builtInPolicy.reactions, deleted: null } };

const redis = await redisOfThisFile();

const starts = (worker: string, policy: Policy) => putInForce(redis, prefix, { policy, worker, insists: true });
const speaksUp = (worker: string, policy: Policy) => putInForce(redis, prefix, { policy, worker, insists: false });
const inForce = () => policyReader(redis, prefix, builtInPolicy)();

describe('the policy in force', () => {
  test('is the file of the worker that reads it until one is put in force, and one for all workers then', async () => {
    const read = policyReader(redis, prefix, third);
    expect(await read()).toEqual(third);
    expect(await starts('one', lenient)).toBe('put');
    expect(await starts('two', lenient)).toBe('in_force');
    expect(await read()).toEqual(lenient);
  });

  test('is the one that came last: a worker that was started before it follows', async () => {
    await starts('one', builtInPolicy);
    expect(await starts('two', lenient)).toBe('put');
    expect(await speaksUp('one', builtInPolicy)).toBe('superseded');
    expect(await inForce()).toEqual(lenient);
    expect((await replacedPolicies(redis, prefix)).map(({ policy }) => policy)).toEqual([builtInPolicy]);
  });

  test('stays in force when a worker starts with an earlier file, while one that has the later file runs', async () => {
    await starts('one', builtInPolicy);
    await starts('two', lenient);
    expect(await starts('one again', builtInPolicy)).toBe('superseded');
    expect(await inForce()).toEqual(lenient);
    await withdraw(redis, prefix, { policy: lenient, worker: 'two', insists: false });
    expect(await speaksUp('one', builtInPolicy)).toBe('superseded');
    expect(await starts('one again', builtInPolicy)).toBe('put');
    expect(await inForce()).toEqual(builtInPolicy);
  });

  test('is given up with the last worker that had it in its file, also one that died', async () => {
    await starts('one', builtInPolicy);
    await starts('two', lenient);
    const holders = redisKeys(prefix).policies('holders');
    for (const holder of await redis.zrange(holders, '0', '-1')) await redis.zincrby(holders, -61_000, holder);
    expect(await starts('three', builtInPolicy)).toBe('put');
  });

  test('comes back by itself when Redis has lost it', async () => {
    await starts('one', lenient);
    await redis.flushall();
    expect(await speaksUp('one', lenient)).toBe('put');
    expect(await replacedPolicies(redis, prefix)).toEqual([]);
  });
});

test('One worker at a time plans devices again, and one that has lost its turn does not go on', async () => {
  const [one, two] = [new PolicyTurn(redis, prefix, 'one'), new PolicyTurn(redis, prefix, 'two')];
  expect([await one.take(), await two.take(), await one.goOn()]).toEqual([true, false, true]);
  await redis.del(redisKeys(prefix).policies('turn'));
  expect([await two.take(), await one.goOn()]).toEqual([true, false]);
  await one.end();
  expect(await two.goOn()).toBe(true);
  await two.end();
  expect(await one.take()).toBe(true);
});

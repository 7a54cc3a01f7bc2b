import { describe, expect, test } from '@jest/globals';
import { array, assert, asyncProperty, constantFrom, option, record as arbitrary, string } from 'fast-check';
import { keyOfRecord } from '../../src/compliance/device.js';
import type { DeviceRecord } from '../../src/compliance/record.js';
import { FleetIndex } from '../../src/store/fleet-index.js';
import { record, user } from '../compliance/records.js';
import { redisOfThisFile } from '../redis-of-file.js';

const name = '{relay}:fleet';
const sweep = { id: 'sweep-1', seenAt: 1_000 };

const client = await redisOfThisFile();
const index = new FleetIndex(client, '{relay}');

const phone = (id: string, udid: string, fields: Partial<DeviceRecord> = {}) => record(id, { deviceClass: 'mobile', udid, ...fields });
const laptop = (id: string, serialNumber: string, fields: Partial<DeviceRecord> = {}) => record(id, { deviceClass: 'desktop', serialNumber, ...fields });
const known = async (key: string) => (await index.recall([key])).get(key);

describe('the fleet index', () => {
  test('gives back what a listing showed of a device, under the key of its class', async () => {
    const ada = user('ada', { email: 'ada@mail.example' });
    const listed = [
      phone('guo1', '00008120-001A', { serialNumber: 'F2LX', users: [ada, user('alan', { email: null }), user('grace')] }),
      laptop('guo2', 'C02-XYZ', { udid: 'AA11', status: 'suspended', tpmHash: 'tpm' }),
    ];
    await index.learnListed(listed, sweep);
    expect(await index.recall(['udid:00008120001a', 'serial:c02xyz', 'udid:aa11', 'serial:f2lx'])).toEqual(
      new Map([
        ['udid:00008120001a', { seenAt: 1_000, records: [listed[0]] }],
        ['serial:c02xyz', { seenAt: 1_000, records: [listed[1]] }],
      ]),
    );
    expect(await index.size()).toBe(2);
  });

  test('leaves out records that do not say which device they are', async () => {
    await index.learnListed([record('a', { udid: 'U1' }), phone('b', ' - '), record('c', { deviceClass: 'mobile', serialNumber: 'S1' })], sweep);
    expect(await index.size()).toBe(0);
  });

  test('joins the records of one device from several pages, and believes the newest showing of each', async () => {
    await index.learnListed([laptop('a', 'S1'), laptop('b', 'S2')], sweep);
    await index.learnListed([laptop('c', 's-1'), laptop('a', 'S1', { status: 'suspended' })], sweep);
    expect((await known('serial:s1'))?.records.map(({ id, status }) => [id, status])).toEqual([['a', 'suspended'], ['c', 'active']]);
  });

  test('drops what an earlier listing had found of the device', async () => {
    await index.learnListed([laptop('a', 'S1')], sweep);
    await index.learnListed([laptop('b', 'S1')], { id: 'sweep-2', seenAt: 2_000 });
    expect(await known('serial:s1')).toEqual({ seenAt: 2_000, records: [laptop('b', 'S1')] });
  });

  test('believes a look-up rather than a listing that had begun before it', async () => {
    await index.learnFound('serial:s1', [laptop('a', 'S1')], 1_500);
    await index.learnListed([laptop('b', 'S1')], sweep);
    expect((await known('serial:s1'))?.records.map(({ id }) => id)).toEqual(['a']);
  });

  test('knows nothing of a device whose look-up found none, or records that name themselves otherwise', async () => {
    await index.learnListed([laptop('a', 'S1'), laptop('b', 'S2')], sweep);
    await index.learnFound('serial:s1', [], 2_000);
    await index.learnFound('serial:s2', [laptop('b', 'S2'), phone('c', 'U1', { serialNumber: 'S2' })], 2_000);
    expect(await index.size()).toBe(0);
  });

  test('notes a status that a call of ours has given a record, and nothing of a record that it does not know', async () => {
    await index.learnListed([laptop('a', 'S1'), laptop('ab', 'S1'), laptop('a', 'S1')], sweep);
    await index.learnStatus('serial:s1', 'a', 'suspended');
    await index.learnStatus('serial:s1', 'b', 'suspended');
    await index.learnStatus('serial:s3', 'a', 'suspended');
    expect(await known('serial:s1')).toEqual({ seenAt: 1_000, records: [laptop('a', 'S1', { status: 'suspended' }), laptop('ab', 'S1')] });
    expect(await index.size()).toBe(1);
  });

  test('forgets after a complete listing what neither it nor anything newer has seen', async () => {
    await index.learnListed(Array.from({ length: 1_200 }, (_, i) => laptop(`old${i}`, `OLD${i}`)), { id: 'sweep-0', seenAt: 500 });
    await index.learnFound('serial:new', [laptop('new', 'NEW')], 1_001);
    await index.learnListed([laptop('seen', 'SEEN'), laptop('old7', 'OLD7')], sweep);
    await client.hset(name, 'serial:damaged', 'rubbish');
    expect(await index.forgetUnseen(sweep)).toBe(1_200);
    expect((await index.recall(['serial:new', 'serial:seen', 'serial:old7'])).size).toBe(3);
    expect(await index.size()).toBe(3);
  });

  test('keeps no list of the many devices that carry one and the same serial number', async () => {
    for (let page = 0; page < 20; page++) {
      await index.learnListed(Array.from({ length: 200 }, (_, i) => laptop(`guo${page}-${i}`, 'To be filled by O.E.M.')), sweep);
    }
    const key = keyOfRecord(laptop('a', 'To be filled by O.E.M.')) ?? '';
    expect(await client.hstrlen(name, key)).toBeLessThan(4_096);
    expect(await known(key)).toEqual({ seenAt: 1_000, records: [] });
    await index.learnFound(key, Array.from({ length: 200 }, (_, i) => laptop(`guo${i}`, 'To be filled by O.E.M.')), 2_000);
    expect(await known(key)).toBeUndefined();
  });

  test.each([
    ['rubbish', 'rubbish'],
    ['of another version', '2;1000;s;["a","a",0,"S1",0,[]]'],
    ['cut off', '1;1000;s;["a","a",0,"S'],
    ['with an unknown status', '1;1000;s;["a","x",0,"S1",0,[]]'],
    ['about another device', '1;1000;s;["a","a",0,"S2",0,[]]'],
    ['about another device besides', '1;1000;s;["a","a",0,"S1",0,[]],["b","a",0,"S2",0,[]]'],
    ['empty', ''],
  ])('passes over an entry that is %s, and replaces it', async (_, entry) => {
    await client.hset(name, 'serial:s1', entry);
    expect(await index.recall(['serial:s1'])).toEqual(new Map());
    await index.learnStatus('serial:s1', 'b', 'suspended');
    await index.learnListed([laptop('a', 'S1')], { id: 'sweep-2', seenAt: 2_000 });
    expect((await known('serial:s1'))?.records).toEqual([laptop('a', 'S1')]);
  });

  test('gives back any record as it was learnt, and keeps one key for all of them', async () => {
    const text = string({ unit: 'binary', maxLength: 12 });
    const people = array(arbitrary({ id: text, login: text, email: option(text) }), { maxLength: 3 });
    const records = arbitrary({
      id: text,
      status: constantFrom('active' as const, 'suspended' as const, 'deactivated' as const, 'other' as const),
      deviceClass: constantFrom('mobile' as const, 'desktop' as const),
      udid: option(text),
      serialNumber: option(text),
      tpmHash: option(text),
      users: people,
    });
    await assert(
      asyncProperty(records, async (one) => {
        await client.flushall();
        await index.learnListed([one], sweep);
        const key = keyOfRecord(one);
        expect(await client.keys('*')).toEqual(key === null ? [] : [name]);
        expect(await known(key ?? '')).toEqual(key === null ? undefined : { seenAt: 1_000, records: [one] });
      }),
      { numRuns: 200 },
    );
  });
});

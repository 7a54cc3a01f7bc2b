import type { Listed, Progress, Report } from '../../src/store/reports.js';
import type { SweepMemory } from '../../src/store/sweep-memory.js';

const listedAtMost = 100;

/** What a sweep or an adoption has found and done, also one that ended early. */
export async function reportOf(progress: Progress, memory: SweepMemory, end: Pick<Report, 'ended' | 'endedAt'>): Promise<Report> {
  const { id, name, by, reason, dryRun, startedAt, calls, uem } = progress;
  const coverage = await memory.coverage();
  const found = name === 'sweep' ? await findings(memory) : { counts: {}, listed: await adoptions(memory), repairable: 0 };
  const bare = coverage.reduce((sum, { records, identified }) => sum + records - identified, 0);
  if (bare > 0) {
    found.counts['without_identifier'] = bare;
    found.listed['without_identifier'] = (await memory.bareRecords(listedAtMost)).map((recordId) => ({ recordIds: [recordId] }));
  }
  const devices = { okta: progress.okta.records, uem: uem.devices, unusable: uem.unusable };
  return { id, name, by, reason, dryRun, startedAt, ...end, devices, coverage, ...found, repairs: await memory.repairs(), calls };
}

async function findings(memory: SweepMemory): Promise<Pick<Report, 'counts' | 'listed' | 'repairable'>> {
  const counts: Record<string, number> = {};
  const listed: Record<string, Listed[]> = {};
  let repairable = 0;
  for await (const batch of memory.differences()) {
    for (const [key, { kinds, repair, deviceId, recordIds }] of batch) {
      repairable += repair ? 1 : 0;
      for (const kind of kinds) {
        counts[kind] = (counts[kind] ?? 0) + 1;
        const list = (listed[kind] ??= []);
        if (list.length < listedAtMost) list.push({ key, ...(deviceId !== null && { deviceId }), recordIds });
      }
    }
  }
  return { counts, listed, repairable };
}

async function adoptions(memory: SweepMemory): Promise<Report['listed']> {
  const listed: Record<string, Listed[]> = {};
  for await (const batch of memory.repaired()) {
    for (const [name, word] of batch) {
      const [recordId = '', key = ''] = name.split(' ', 2);
      const list = (listed[word] ??= []);
      if (list.length < listedAtMost) list.push({ ...(key !== '' && { key }), recordIds: [recordId] });
    }
  }
  return listed;
}

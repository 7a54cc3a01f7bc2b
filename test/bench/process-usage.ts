import { readFileSync } from 'node:fs';

/** Linux counts processor time in ticks of 10 ms (`getconf CLK_TCK` is 100 on every common build; proc(5)). */
const tickMs = 10;

/** Processor time that a process has used so far, all its threads, in milliseconds; null where there is no /proc. */
export function processorMs(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The command may contain spaces and brackets; utime and stime are the 14th and 15th field, and the 3rd follows the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Memory of a process that is resident, in MiB; null where there is no /proc. */
export function residentMiB(pid: number): number | null {
  return memoryMiB(pid, 'VmRSS');
}

/** The most memory of a process that was ever resident at once, in MiB; null where there is no /proc. */
export function peakMiB(pid: number): number | null {
  return memoryMiB(pid, 'VmHWM');
}

function memoryMiB(pid: number, name: 'VmRSS' | 'VmHWM'): number | null {
  const kB = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kB === undefined ? null : Number(kB) / 1024;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

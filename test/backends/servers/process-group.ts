import { readdirSync, readFileSync } from 'node:fs';

interface Member {
  state: string;
  /** µs of CPU that it and its ended children have taken, in steps of 10 ms. */
  cpuMicros: number;
}

/** Linux counts the time of processes in these, whatever the kernel's own tick (USER_HZ). */
const TICK_MICROS = 10_000;

/** The processes of a group, those included that have ended and that nobody has waited for. Linux only: proc(5). */
function members(group: number): Member[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      // pid (name) state parent group …: the name may hold anything, so what follows its last bracket is read.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[2]) !== group) return [];
      const ticks = fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
      return [{ state: fields[0]!, cpuMicros: ticks * TICK_MICROS }];
    } catch {
      return []; // It ended while we looked.
    }
  });
}

export function groupRuns(group: number): boolean {
  return members(group).some(({ state }) => state !== 'Z' && state !== 'X');
}

/** µs of CPU that a group has taken so far, user and system, threads and children included. */
export function groupCpuMicros(group: number): number {
  return members(group).reduce((sum, { cpuMicros }) => sum + cpuMicros, 0);
}

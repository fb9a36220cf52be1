/** Start time of a process in clock ticks after boot, from the text of its /proc/PID/stat (field 22 in proc_pid_stat(5)). */
export function startIn(stat: string): number {
  // Its name, in brackets, may hold anything.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

/**
 * Start time of a process in clock ticks after boot, from the text of its /proc/PID/stat (fields 3 and 22 in
 * proc_pid_stat(5)); undefined when it has ended and only waits for its parent to ask how.
 */
export function startIn(stat: string): number | undefined {
  // Its name, in brackets, may hold anything.
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 'ZXx'.includes(state) ? undefined : Number(fields[18]);
}

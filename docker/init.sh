#!/bin/sh
# PID 1 of every container of the lab: runs "$@" as its only child, with this process's stdin and no other descriptor,
# forwards TERM and INT to it, and writes one JSON line when it ends:
#   {"event":"exit","at":<ms since the epoch>,"code":<0-255 or null>,"signal":"SIGKILL" or null}
# and, where the container's cgroup tells it, "oomKills": how many of its processes the kernel killed for want of memory.
# It exits with the child's code (128 + number for a signal).
# What is no program here is given to the lab instead, which takes this shell's place: `docker run IMAGE diagnose --port 8080`.
#
#   LINES_TO=path   the child's stdout, and that line, go to a pipe which is made here, for whoever shares this pid namespace
#                   to read as /proc/1/root/<path>: the child needs no connection for it
#   LINGER=1        when the child ended by itself, stay until TERM or INT, so that an observer which shares this pid
#                   namespace outlives the gateway; a TERM or INT that came before ends both
#   LIFELINE=stdin  with LINGER: stay no longer than stdin is open
#   LINGER_UNTIL=path  with LINGER: a pipe which is made here; stay no longer than 2 s after something was written to it
set -u

# The child while it runs, then what we linger on: whom a signal has to reach.
child=
# The last signal, until it is dealt with; and whether there was any.
signalled=
stopped=
on_signal() {
  signalled=$1
  stopped=1
  [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null
}
trap 'on_signal TERM' TERM
trap 'on_signal INT' INT

# Waits for $child and leaves its code in $code. A signal to this shell ends `wait` early, with that signal's code, so
# wait again until the code is the child's; 127 then says that the wait before had it already.
await() {
  wait "$child"
  code=$?
  while [ -n "$signalled" ]; do
    signalled=
    wait "$child"
    again=$?
    [ "$again" -eq 127 ] && break
    code=$again
  done
}

[ $# -gt 0 ] || { echo 'init: nothing to run: give a command' >&2; exit 2; }
# A word that is no program here is one of the lab's: it says itself how it ended, and its stdout is its own.
case $1 in
*/*) ;;
*) command -v "$1" >/dev/null || exec node "${0%/*}/../lab/cli.ts" "$@" ;;
esac
make_pipe() { mkfifo "$2" 2>/dev/null || { echo "init: $1=$2 can not be made" >&2; exit 2; }; }
[ -z "${LINES_TO:-}" ] || make_pipe LINES_TO "$LINES_TO"
[ -z "${LINGER_UNTIL:-}" ] || make_pipe LINGER_UNTIL "$LINGER_UNTIL"

# A background job has /dev/null as its stdin unless it is given one; and it is not to inherit the copies. A pipe is opened for
# both, so that neither end waits for the other, and what is in it stays.
exec 3<&0 4>&1 5</dev/null
[ -z "${LINES_TO:-}" ] || exec 4<>"$LINES_TO"
[ -z "${LINGER_UNTIL:-}" ] || exec 5<>"$LINGER_UNTIL"
if [ -n "${LINES_TO:-}" ]; then
  # To write alone: a pipe that is open for both is nothing that Node can have as its stdout.
  "$@" <&3 3<&- 4<&- 5<&- >"$LINES_TO" &
else
  "$@" <&3 3<&- 4<&- 5<&- &
fi
child=$!
# A signal that came before there was a child to get it.
[ -z "$signalled" ] || kill -s "$signalled" "$child" 2>/dev/null
await
child=

# Not every `date` knows %3N.
at=$(date +%s%3N)
case $at in *[!0-9]*) at=$(date +%s)000 ;; esac
how="\"code\":$code,\"signal\":null"
if [ "$code" -gt 128 ] && signal=$(kill -l "$code" 2>/dev/null) && [ -n "$signal" ]; then
  how="\"code\":null,\"signal\":\"SIG$signal\""
fi
# cgroup v2, and v1 where the container sees its own cgroup at the top.
oom=$(sed -n 's/^oom_kill \([0-9]*\)$/\1/p' /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null)
[ -z "$oom" ] || how="$how,\"oomKills\":$oom"
line="{\"event\":\"exit\",\"at\":$at,$how}"
echo "$line" >&4

# What is lingered on is started first and looked at after: a signal in between finds nobody to end.
linger_on() {
  "$@" <&3 3<&- 4<&- >/dev/null 2>&1 &
  child=$!
  [ -n "$stopped" ] || wait "$child"
}

if [ "${LINGER:-}" = 1 ] && [ -z "$stopped" ]; then
  if [ "${LIFELINE:-}" = stdin ]; then
    # Ends when stdin does.
    linger_on cat
  elif [ -n "${LINGER_UNTIL:-}" ]; then
    linger_on sh -c 'read -r _ <&5'
    # Whoever wrote to it may share this pid namespace, which ends with us: let it end first.
    [ -n "$stopped" ] || linger_on sleep 2
  else
    while [ -z "$stopped" ]; do linger_on sleep 3600; done
  fi
  kill "$child" 2>/dev/null
fi
exit "$code"

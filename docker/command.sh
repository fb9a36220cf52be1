#!/bin/sh
# The command of the image: the lab, with the verb and the flags that it is given.
#   docker run --rm --network container:shop --pid container:shop IMAGE diagnose --port 8080 --for 30s
# The folder of a run goes to the volume that is mounted at /runs, and nothing else is written. Without a volume one line says that
# no folder is kept: a diagnosis needs none, and what needs one has it in memory, in this container's own /dev/shm.
set -u
runs=/runs
keep="no volume is mounted at $runs; to keep it: -v \"\$PWD/runs:$runs\""

# The fifth word of a line is where something is mounted (proc(5), /proc/pid/mountinfo).
mounted() { grep -q "^[^ ]* [^ ]* [^ ]* [^ ]* $1 " /proc/self/mountinfo 2>/dev/null; }

# Whose folder is it? One that the user named is the user's own affair, and help needs none.
verb=${1:-}
for word; do
  case $word in
  --) break ;;
  --runs | --runs=* | --help | -h) verb= ;;
  esac
done

case $verb in
run | threshold | climb | sweep | compare | diagnose)
  if mounted "$runs"; then
    if [ ! -w "$runs" ]; then
      echo "resetlab: $runs: user $(id -u) may not write to this volume; allowed: one that this user may write to, or --user \"\$(id -u):\$(id -g)\"" >&2
      exit 2
    fi
  elif [ "$verb" = diagnose ]; then
    export RESETLAB_NO_RUNS="$keep"
  else
    echo "resetlab: no folder is kept: $keep" >&2
    shift
    set -- "$verb" --runs /dev/shm/runs "$@"
  fi
  ;;
esac
# What was compiled for the image's own user is there, and read; a root would write its own beside it.
[ "$(id -u)" != 0 ] || export NODE_DISABLE_COMPILE_CACHE=1
exec node /app/lab/cli.ts "$@"

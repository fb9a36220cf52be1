#!/bin/sh
ulimit -n "$WORKER_NOFILE"
exec node "$@"

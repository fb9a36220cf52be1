#!/bin/sh
# Puts a delay on what leaves by an interface of this network namespace, and says which qdisc does it:
#   delay.sh DEVICE MS     prints netem or tbf; needs tc (iproute2) and CAP_NET_ADMIN
#
# netem holds every packet back by MS. Where the kernel has no netem, tbf lets one packet go every MS, one after another:
# its bucket holds one packet, of whatever size, since a packet is charged mpu bytes at least (the kernel's
# include/net/sch_generic.h psched_l2t_ns) and the largest, of a loopback's MTU with its header, has 65550. A larger bucket
# lets several small packets go together, a smaller one drops large packets (net/sched/sch_tbf.c tbf_enqueue). The bucket
# is full at first, so after a pause of MS one packet goes at once.
set -u
device=$1
ms=$2
mpu=65535
# Some shells evaluate what they find in an expression.
case $ms in
  '' | 0* | *[!0-9]*) echo "delay.sh: MS is '$ms'; allowed: a whole number of milliseconds from 1 on" >&2; exit 2 ;;
esac
# The shell of busybox takes its own applet before what is in PATH, and that one knows neither qdisc.
tc=$(command -v tc) || { echo 'tc is not installed; get it with: apt-get install iproute2' >&2; exit 1; }
case $tc in /*) ;; *) tc=/sbin/tc ;; esac

if said=$("$tc" qdisc replace dev "$device" root netem delay "${ms}ms" limit 100000 2>&1); then
  echo netem
elif "$tc" qdisc replace dev "$device" root tbf rate "$((mpu * 8000 / ms))bit" \
  burst 65700 mpu "$mpu" limit 1000000000; then
  echo tbf
else
  echo "$said" >&2
  exit 1
fi

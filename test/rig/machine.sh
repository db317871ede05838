#!/bin/sh
# First program of a rig machine, inside its own pid, mount, ipc, uts and network namespace: machine.sh NAME DIR TREE GROUP [bare]
# Gives it the parts of a file system that a host has for itself, then boots it:
#   durable   DIR/etc -> /etc/kyha, DIR/nginx -> /etc/nginx, DIR/state -> /var/lib/kyha
#   volatile  /run (DIR/run -> /run/kyha is emptied by the cage), and what else is written below /etc /var /opt /usr/sbin /usr/local/bin
# TREE, the built tree under test, stands at /opt/kyha. `bare` = `kyha` is not in the path yet.
set -eu
name=$1 dir=$2 tree=$3 group=$4 kind=${5:-}

umount -l /sys # with all below it: this machine’s control groups are not the host’s
mount -t sysfs sysfs /sys
if mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null; then echo 0 >"/sys/fs/cgroup/$group/$name/cgroup.procs"; fi

mount -t tmpfs tmpfs /run
mkdir -p /run/kyha /run/lock /run/resource-agents /run/rig /run/tree /run/own
mount --bind "$dir" /run/rig # by these names, whatever is laid over where they really are
mount --bind "$tree" /run/tree
mount -t tmpfs tmpfs /run/own
for d in etc var opt usr/sbin usr/local/bin; do
  mkdir -p "/run/own/$d/upper" "/run/own/$d/work"
  mount -t overlay overlay -o "lowerdir=/$d,upperdir=/run/own/$d/upper,workdir=/run/own/$d/work" "/$d"
done
mkdir -p /etc/kyha /etc/nginx /var/lib/kyha /opt/kyha
mount --bind /run/rig/run /run/kyha
mount --bind /run/rig/etc /etc/kyha
mount --bind /run/rig/nginx /etc/nginx
mount --bind /run/rig/state /var/lib/kyha
mount --bind /run/tree /opt/kyha
cp /run/rig/sbin/* /usr/sbin/
if [ "$kind" != bare ]; then ln -s /opt/kyha/dist/console/cli/kyha.js /usr/local/bin/kyha; fi

# What a host without systemd has in /etc/rc.local. In a shell of its own, so that process 1 takes its leavings.
if [ -f /etc/kyha/node.json ]; then (/opt/kyha/dist/console/cli/kyha.js cluster start >>/run/rig/boot.log 2>&1 &); fi
: >/run/booted
exec sleep infinity

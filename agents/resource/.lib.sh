# shellcheck shell=sh
# Functions that kyha's own agents share. POSIX sh, few forks: a fork costs as much as the whole rest of a monitor.
# Nothing here evaluates a parameter: values are only compared, matched by `case`, or passed as one quoted word.
# An agent defines agent_{meta,validate,start,stop,monitor} and ends with: run "$@"
# What it can do besides these, it names in more_actions; its functions for them are agent_ACTION too. Parameters that a running instance can
# take over it names in reloads; then it has the action reload-agent, which is agent_reload (no function of a shell has a hyphen in its name).

OCF_SUCCESS=0 OCF_ERR_GENERIC=1 OCF_ERR_ARGS=2 OCF_ERR_UNIMPLEMENTED=3 OCF_ERR_PERM=4
OCF_ERR_INSTALLED=5 OCF_ERR_CONFIGURED=6 OCF_NOT_RUNNING=7 OCF_PROMOTED=8 OCF_DEGRADED=190
export LC_ALL=C
umask 027

# fail RC TEXT...: the reason goes where the cluster looks for it.
fail() {
  rc=$1
  shift
  printf 'ocf-exit-reason:%s\n' "$*" >&2
  exit "$rc"
}

# Monitors with interval 0 are probes.
is_probe() { [ "${OCF_RESKEY_CRM_meta_interval:-0}" = 0 ]; }

# number NAME VALUE MAX: whole number from 0 to MAX, else not configured.
number() {
  case $2 in
  '' | *[!0-9]*) fail $OCF_ERR_CONFIGURED "$1 must be a whole number" ;;
  esac
  [ "${#2}" -le 9 ] && [ "$2" -le "$3" ] || fail $OCF_ERR_CONFIGURED "$1 must not be above $3"
}

# seconds NAME VALUE: 0..999 with up to three decimals (what `sleep` takes).
seconds() {
  case $2 in
  '' | *[!0-9.]* | *.*.* | .* | *.) fail $OCF_ERR_CONFIGURED "$1 must be seconds, for example 0.5" ;;
  esac
  [ "${#2}" -le 7 ] || fail $OCF_ERR_CONFIGURED "$1 is too long"
}

# absolute NAME VALUE: a path from the root without newline.
absolute() {
  case $2 in
  *'
'*) fail $OCF_ERR_CONFIGURED "$1 must be one line" ;;
  /*) ;;
  *) fail $OCF_ERR_CONFIGURED "$1 must be an absolute path" ;;
  esac
}

# state_file SUFFIX -> $file: this instance's own file among the volatile ones of this node.
state_file() {
  case ${OCF_RESOURCE_INSTANCE:-} in
  '' | .* | *[!A-Za-z0-9_.:-]*) fail $OCF_ERR_CONFIGURED "the resource name must be letters, digits and _ . : -" ;;
  esac
  file=${HA_RSCTMP:-/run/resource-agents}/kyha-${0##*/}-$OCF_RESOURCE_INSTANCE$1
  [ -d "${file%/*}" ] || mkdir -p "${file%/*}" || fail $OCF_ERR_GENERIC "cannot make ${file%/*}"
}

# alive PID: it is there and no zombie.
alive() {
  case ${1:-} in
  '' | 0 | *[!0-9]*) return 1 ;;
  esac
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  case ${stat##*) } in
  Z* | X*) return 1 ;;
  esac
}

# pid_in FILE [TEXT] -> $pid: the living process that the file names and whose command line holds TEXT; a reused pid is not believed.
pid_in() {
  pid='' command=''
  { read -r pid <"$1"; } 2>/dev/null
  alive "$pid" || return 1
  { read -r command <"/proc/$pid/cmdline"; } 2>/dev/null
  case $command in
  *"${2:-}"*) ;;
  *) return 1 ;;
  esac
}

# gone PID CENTISECONDS: waits for its end, at most so long.
gone() {
  left=$2
  while alive "$1"; do
    [ "$left" -gt 0 ] || return 1
    sleep 0.01
    left=$((left - 1))
  done
}

run() {
  action=${1:-}
  case $action in
  meta-data)
    agent_meta
    exit
    ;;
  start | stop | monitor | validate-all | promote | demote | notify) ;;
  reload-agent) [ -z "${reloads:-}" ] || action=reload ;;
  *) action="'$action'" ;; # none of these words, with or without a space
  esac
  case " start stop monitor validate-all ${reloads:+reload }${more_actions:-} " in
  *" $action "*) ;;
  *) fail $OCF_ERR_UNIMPLEMENTED "the agent has no action $action" ;;
  esac
  agent_validate
  [ "$action" != validate-all ] || exit $OCF_SUCCESS
  "agent_$action"
  exit
}

# Parts of the meta-data that are the same everywhere. head NAME; param NAME TYPE DEFAULT REQUIRED EN ZH; tail START STOP MONITOR INTERVAL.
head() {
  cat <<END
<?xml version="1.0"?>
<resource-agent name="$1" version="1.0">
<version>1.1</version>
<longdesc lang="en">$2</longdesc>
<longdesc lang="zh">$3</longdesc>
<shortdesc lang="en">$4</shortdesc>
<shortdesc lang="zh">$5</shortdesc>
<parameters>
END
}
param() {
  case " ${reloads:-} " in
  *" $1 "*) reload=1 ;;
  *) reload=0 ;;
  esac
  printf '<parameter name="%s" required="%s" unique="0" reloadable="%s">\n<longdesc lang="en">%s</longdesc>\n<longdesc lang="zh">%s</longdesc>\n' "$1" "$4" "$reload" "$5" "$6"
  printf '<shortdesc lang="en">%s</shortdesc>\n<shortdesc lang="zh">%s</shortdesc>\n<content type="%s" default="%s"/>\n</parameter>\n' "$5" "$6" "$2" "$3"
}
tail() {
  cat <<END
</parameters>
<actions>
<action name="start" timeout="$1"/>
<action name="stop" timeout="$2"/>
END
  [ -z "${reloads:-}" ] || printf '<action name="reload-agent" timeout="%s"/>\n' "$1"
  cat <<END
<action name="monitor" timeout="$3" interval="$4" depth="0"/>
<action name="validate-all" timeout="5s"/>
<action name="meta-data" timeout="5s"/>
</actions>
</resource-agent>
END
}

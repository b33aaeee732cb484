# Words that the scripts beside it share: sourced, never run. POSIX sh.
# shellcheck shell=sh disable=SC2034

# Where everything goes, below an optional prefix.
OPT=/opt/stethos
ETC=/etc/stethos
STATE=/var/lib/stethos
LOGS=/var/log/stethos
UNIT=/etc/systemd/system/stethos.service
DROP_INS=/etc/systemd/system/stethos.service.d
SYSUSERS=/etc/sysusers.d/stethos.conf
COMMAND=/usr/local/bin/stethos
SERVICE=stethos.service

# What an exit code means; 0 is done.
CANNOT=1
USAGE=2
REFUSED=3
ROLLED_BACK=4

say() { printf 'stethos: %s\n' "$*" >&2; }

# die CODE WORDS...
die() {
  die_code=$1
  shift
  say "$*"
  exit "$die_code"
}

# Does it, or says what it would do.
run() {
  if [ "${DRY_RUN:-no}" = yes ]; then
    printf 'would run: %s\n' "$*"
  else
    "$@"
  fi
}

# The value of KEY in a RELEASE file.
release_value() { sed -n "s/^$2=//p" "$1/RELEASE"; }

# x64 or arm64 as Node.js says it; empty where Stethos does not run. A 32-bit system on a 64-bit kernel is none.
machine_arch() {
  [ "$(getconf LONG_BIT)" = 64 ] || return 0
  case $(uname -m) in
    x86_64 | amd64) echo x64 ;;
    aarch64 | arm64) echo arm64 ;;
  esac
}

# at_least 2.36 2.28: compares dotted numbers.
at_least() {
  printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n -k3,3n -C
}

need_root() {
  [ "$(id -u)" = 0 ] || die "$REFUSED" "this needs root: run it with sudo"
}

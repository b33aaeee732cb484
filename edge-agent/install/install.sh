#!/bin/sh
# Installs or upgrades the Stethos agent on a machine with systemd, without containers. POSIX sh.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"
# shellcheck source-path=SCRIPTDIR source=switch.sh
. "$here/switch.sh"

usage() {
  cat <<'END'
Usage: install.sh [options]         installs this release, or upgrades to it; again is no harm
       install.sh --rollback        goes back to the release before
       install.sh --uninstall [...] is uninstall.sh

From an unpacked bundle it needs no network; from a checkout it makes the bundle first (see bundle.sh --help).

  --config FILE      becomes /etc/stethos/agent.yaml; an existing one is never overwritten
  --serial DEVICE    lets the agent use this serial port (/dev/ttyUSB0; others of its kind too); may be repeated
  --no-start         installs and enables, and does not start
  --soak SECONDS     a new release must run so long after it is ready, or the old one comes back (default 10)
  --root FOLDER      installs below a folder (to make an image of a disk): nothing is started
  --node FOLDER, --packages FOLDER, --without-page   as for bundle.sh, from a checkout
  --dry-run          checks this machine, says what would be done, and does nothing
  -h, --help         this text

Kept on upgrade: /etc/stethos, /var/lib/stethos, and drop-ins in /etc/systemd/system/stethos.service.d.
Exit code: 0 done, 1 could not, 2 wrong usage, 3 refused before anything was changed, 4 rolled back: the old release runs.
END
}

NEED_MIB=450
NEED_MIB_CHECKOUT=1600
LEAST_SYSTEMD=240
LEAST_GLIBC=2.28
SYSTEMD_WITH_STEPS=254

# Everything that speaks against it, before anything is changed.
check_machine() {
  [ "$(uname -s)" = Linux ] || die "$REFUSED" "this is $(uname -s); the agent is installed on Linux"
  arch=$(machine_arch)
  [ -n "$arch" ] || die "$REFUSED" "this machine is $(uname -m), $(getconf LONG_BIT) bit; Stethos runs on 64-bit x86-64 and ARM64"
  glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed 's/^glibc //')
  [ -n "$glibc" ] || die "$REFUSED" "this system has no glibc (Alpine?); use the container image"
  at_least "$glibc" "$LEAST_GLIBC" ||
    die "$REFUSED" "glibc $glibc is too old, onnxruntime needs $LEAST_GLIBC (JetPack 5 or newer on a Jetson)"
  for tool in flock sha256sum setpriv systemd-sysusers systemctl; do
    command -v "$tool" >/dev/null || die "$REFUSED" "$tool was not found; the agent is installed on systems with systemd"
  done
  systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
  [ "${systemd:-0}" -ge "$LEAST_SYSTEMD" ] || die "$REFUSED" "systemd ${systemd:-?} is too old; $LEAST_SYSTEMD or newer is needed"
  if [ -z "$ROOT" ] && [ ! -d /run/systemd/system ]; then
    die "$REFUSED" "systemd does not run here (a container?); use the container image, or --root to make a disk's image"
  fi
  [ "$DRY_RUN" = yes ] || need_root
}

check_room() {
  room_in=$ROOT$OPT
  while [ ! -d "$room_in" ]; do room_in=$(dirname "$room_in"); done
  free=$(df -Pm "$room_in" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$1" ] || die "$REFUSED" "$room_in has $free MiB free; $1 MiB are needed"
}

# The release to be installed: this one, or made of this checkout.
check_source() {
  from=$(dirname "$(dirname "$here")")
  if [ -f "$from/RELEASE" ]; then
    check_room "$NEED_MIB"
    [ "$(release_value "$from" arch)" = "$arch" ] ||
      die "$REFUSED" "this bundle is for $(release_value "$from" arch), this machine is $arch"
    id=$(release_value "$from" id)
  else
    [ -f "$from/package-lock.json" ] || die "$REFUSED" "$from is neither a bundle nor a checkout"
    check_room "$NEED_MIB_CHECKOUT"
    id=
  fi
}

make_release() {
  made=$RELEASES/.new.$$
  if [ "$DRY_RUN" = yes ]; then
    printf 'would make a release of the checkout %s\n' "$from"
    id=of-this-checkout
  else
    # shellcheck disable=SC2086 # a list of options
    sh "$here/bundle.sh" $BUNDLE_OPTIONS "$made" || exit $?
    id=$(release_value "$made" id)
  fi
  from=$made
}

# Copies it beside the others, whole or not at all.
place_release() {
  if [ -d "$RELEASES/$id" ]; then
    say "$id is here already"
    [ "$from" != "${made:-}" ] || rm -rf "$from"
    return 0
  fi
  run mkdir -p "$RELEASES"
  if [ "$from" != "${made:-}" ]; then
    run cp -a "$from" "$RELEASES/.new.$$"
    run chown -R 0:0 "$RELEASES/.new.$$"
  fi
  if [ "$DRY_RUN" = no ] && ! (cd "$RELEASES/.new.$$" && sha256sum -c --quiet MANIFEST.sha256 >&2); then
    rm -rf "$RELEASES/.new.$$"
    die "$CANNOT" "the release is damaged: files do not match its MANIFEST.sha256. Nothing was changed; bring the bundle again"
  fi
  run sync -f "$ROOT$OPT"
  run mv "$RELEASES/.new.$$" "$RELEASES/$id"
}

# The user, its folders, the example, the command. All of it may be there already.
place_surroundings() {
  run mkdir -p "$ROOT$ETC/keys" "$ROOT$(dirname "$UNIT")" "$ROOT$DROP_INS" "$ROOT$(dirname "$SYSUSERS")" \
    "$ROOT$(dirname "$COMMAND")" "$ROOT$STATE"
  run cp "$here/stethos.sysusers" "$ROOT$SYSUSERS"
  run systemd-sysusers ${ROOT:+"--root=$ROOT"} "$(basename "$SYSUSERS")"
  run cp "$here/agent.example.yaml" "$ROOT$ETC/agent.example.yaml"
  if [ "$DRY_RUN" = no ]; then
    gid=$(sed -n 's/^stethos:[^:]*:\([0-9]*\):.*/\1/p' "$ROOT/etc/group")
    uid=$(sed -n 's/^stethos:[^:]*:\([0-9]*\):.*/\1/p' "$ROOT/etc/passwd")
    # The agent reads what is there and cannot change it; what root adds later is of its group by itself.
    chown "0:$gid" "$ROOT$ETC" "$ROOT$ETC/keys"
    chmod 2750 "$ROOT$ETC" "$ROOT$ETC/keys"
    chown "$uid:$gid" "$ROOT$STATE"
    chmod 0750 "$ROOT$STATE"
  fi
  if [ -n "$config" ] && [ ! -e "$ROOT$ETC/agent.yaml" ]; then
    run cp "$config" "$ROOT$ETC/agent.yaml"
    run chmod 0640 "$ROOT$ETC/agent.yaml"
  fi
  run ln -sfn "$OPT/current/bin/stethos" "$ROOT$COMMAND"
  place_drop_ins
}

# What depends on this machine; what the operator put beside it is left alone.
place_drop_ins() {
  if [ "$systemd" -ge "$SYSTEMD_WITH_STEPS" ]; then
    write_drop_in 10-back-off.conf '[Service]' RestartSec=1 RestartSteps=6 RestartMaxDelaySec=60
  fi
  [ -n "$serial" ] || return 0
  classes=
  for device in $serial; do
    # Named by class: a USB adapter has another number after it was pulled out.
    class=$(basename "$(readlink -f "$device")" | sed 's/[0-9]*$//')
    classes="$classes DeviceAllow=char-$class"
  done
  # shellcheck disable=SC2086 # a list of lines
  write_drop_in 20-serial.conf '[Service]' PrivateDevices=no SupplementaryGroups=dialout $classes
}

# write_drop_in NAME LINES...
write_drop_in() {
  drop_in=$ROOT$DROP_INS/$1
  shift
  if [ "$DRY_RUN" = yes ]; then
    printf 'would write %s:\n' "$drop_in"
    printf '  %s\n' "$@"
  else
    printf '%s\n' '# Written by install.sh.' "$@" | sed 's/^\(DeviceAllow=.*\)/\1 rw/' >"$drop_in"
  fi
}

# A release that refuses the configuration is not switched to.
check_config() {
  [ -e "$ROOT$ETC/agent.yaml" ] && [ -z "$ROOT" ] && [ "$DRY_RUN" = no ] || return 0
  setpriv --reuid=stethos --regid=stethos --init-groups "$RELEASES/$id/bin/stethos" check -c "$ETC/agent.yaml" >&2 ||
    die "$REFUSED" "$id refuses $ETC/agent.yaml; what runs now goes on running. Mend it and install again"
}

tell_next() {
  if [ -n "$ROOT" ]; then
    say "$id is installed below $ROOT; it starts with the machine once $ETC/agent.yaml is there"
  elif [ ! -e "$ETC/agent.yaml" ]; then
    say "$id is installed. Next: write $ETC/agent.yaml (see agent.example.yaml beside it), then"
    say "  stethos check -c $ETC/agent.yaml && sudo systemctl start stethos && sudo -u stethos stethos doctor -c $ETC/agent.yaml"
  elif [ "$start" = no ]; then
    say "$id is installed, not started: sudo systemctl restart stethos"
  else
    say "$id runs. Look at it: sudo -u stethos stethos doctor -c $ETC/agent.yaml; journalctl -u stethos"
  fi
}

parse() {
  ROOT=
  DRY_RUN=no
  BUNDLE_OPTIONS=
  config=
  serial=
  start=yes
  soak=10
  action=install
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage; exit 0 ;;
      --uninstall) shift; exec sh "$here/uninstall.sh" "$@" ;;
      --rollback) action=rollback ;;
      --dry-run) DRY_RUN=yes ;;
      --no-start) start=no ;;
      --without-page) BUNDLE_OPTIONS="$BUNDLE_OPTIONS $1" ;;
      --config | --serial | --soak | --root | --node | --packages)
        [ $# -gt 1 ] || { usage >&2; exit "$USAGE"; }
        case $1 in
          --config) config=$2 ;;
          --serial) serial="$serial $2" ;;
          --soak) soak=$2 ;;
          --root) ROOT=$(readlink -f "$2") ;;
          *) BUNDLE_OPTIONS="$BUNDLE_OPTIONS $1 $2" ;;
        esac
        shift
        ;;
      *) say "unknown: $1"; usage >&2; exit "$USAGE" ;;
    esac
    shift
  done
  case $soak in '' | *[!0-9]*) die "$USAGE" "--soak takes seconds" ;; esac
  [ -z "$config" ] || [ -r "$config" ] || die "$REFUSED" "$config cannot be read"
  for device in $serial; do
    [ -n "$ROOT" ] || [ -c "$device" ] || die "$REFUSED" "$device is no serial port of this machine"
  done
  RELEASES=$ROOT$OPT/releases
}

main() {
  parse "$@"
  check_machine
  [ "$action" = rollback ] || check_source
  if [ "$DRY_RUN" = no ]; then
    mkdir -p "$RELEASES"
    exec 9>"$ROOT$OPT/.lock"
    flock -n 9 || die "$REFUSED" "another install is running"
    # What an install that was cut off left behind.
    rm -rf "$RELEASES"/.new.* "$RELEASES"/.bundle.*
  fi
  if [ "$action" = rollback ]; then
    go_back
    return
  fi
  [ -n "$id" ] || make_release
  place_release
  place_surroundings
  check_config
  switch_to "$id"
  [ "$DRY_RUN" = yes ] || tell_next
}

main "$@"
exit

#!/bin/sh
# Takes the Stethos agent off this machine; configuration and data stay unless they are asked for. POSIX sh.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

usage() {
  cat <<'END'
Usage: uninstall.sh [--purge [--yes]] [--root FOLDER] [--dry-run]

Stops the agent and removes its releases, unit and command. /etc/stethos, /var/lib/stethos, logs and the user stay.

  --purge         removes these as well, with everything that was measured; asks first
  --yes           does not ask
  --root FOLDER   below a folder, as for install.sh
  --dry-run       says what would be removed

Exit code: 0 done, 1 could not or was not confirmed, 2 wrong usage, 3 refused.
END
}

confirm() {
  [ "$yes" = no ] && [ "$DRY_RUN" = no ] || return 0
  say "--purge deletes for good: $ETC (configuration, keys), $STATE (history, baselines, outbox), $LOGS"
  printf 'Type "purge" to go on: ' >&2
  read -r answer || answer=
  [ "$answer" = purge ] || die "$CANNOT" "not confirmed; nothing was changed"
}

main() {
  ROOT=
  DRY_RUN=no
  purge=no
  yes=no
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage; exit 0 ;;
      --purge) purge=yes ;;
      --yes) yes=yes ;;
      --dry-run) DRY_RUN=yes ;;
      --root) ROOT=$(readlink -f "${2:?a folder}"); shift ;;
      *) usage >&2; exit "$USAGE" ;;
    esac
    shift
  done
  [ "$DRY_RUN" = yes ] || need_root
  [ "$purge" = no ] || confirm
  if [ -e "$ROOT$UNIT" ]; then
    if [ -z "$ROOT" ]; then
      run systemctl disable --quiet --now "$SERVICE"
    else
      run systemctl "--root=$ROOT" disable --quiet "$SERVICE"
    fi
  fi
  run rm -rf "$ROOT$OPT" "$ROOT$UNIT" "$ROOT$COMMAND"
  # Ours; what the operator wrote beside them stays until --purge.
  run rm -f "$ROOT$DROP_INS/10-back-off.conf" "$ROOT$DROP_INS/20-serial.conf"
  if [ "$purge" = yes ]; then
    run rm -rf "$ROOT$ETC" "$ROOT$STATE" "$ROOT$LOGS" "$ROOT$DROP_INS" "$ROOT$SYSUSERS"
    if grep -qs '^stethos:' "$ROOT/etc/passwd"; then run userdel ${ROOT:+"--prefix" "$ROOT"} stethos; fi
  fi
  [ -n "$ROOT" ] || run systemctl daemon-reload
  if [ "$purge" = yes ]; then
    say "Stethos is gone, with its data"
  else
    say "Stethos is uninstalled; $ETC and $STATE are kept (uninstall.sh --purge removes them)"
  fi
}

main "$@"
exit

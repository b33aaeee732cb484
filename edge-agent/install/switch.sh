# How one release takes the place of another: sourced by install.sh. POSIX sh.
# shellcheck shell=sh disable=SC2154

# current_release: its id, empty where there is none.
current_release() { [ ! -L "$ROOT$OPT/current" ] || basename "$(readlink "$ROOT$OPT/current")"; }

# point NAME ID: one rename(2); whoever looks sees the old one or the new one.
point() {
  run ln -sfn "releases/$2" "$ROOT$OPT/.$1.new"
  run mv -T "$ROOT$OPT/.$1.new" "$ROOT$OPT/$1"
}

# The unit belongs to its release: going back brings the old one as well.
point_all() {
  point current "$1"
  run cp "$RELEASES/$1/edge-agent/install/stethos.service" "$ROOT$UNIT"
  [ -n "$ROOT" ] || run systemctl daemon-reload
}

# Waits until the agent is ready (ExecStartPost), then looks whether it stays: 0 where it does.
is_healthy() {
  systemctl restart "$SERVICE" || return 1
  pid=$(systemctl show -p MainPID --value "$SERVICE")
  left=$soak
  while [ "$left" -gt 0 ]; do
    sleep 1
    left=$((left - 1))
    [ "$(systemctl show -p MainPID --value "$SERVICE")" = "$pid" ] || return 1
  done
  systemctl is-active --quiet "$SERVICE"
}

tell_why() {
  say "the last lines of its log:"
  journalctl -u "$SERVICE" -n 15 --no-pager -o cat >&2 || true
}

# switch_to ID: enabled, started, watched; the old one comes back where the new one is not well.
switch_to() {
  before=$(current_release)
  if [ "$before" = "$1" ] && [ -z "$ROOT$serial" ] && systemctl is-active --quiet "$SERVICE"; then
    # Nothing to switch: what runs is left running, and what belongs around it is there.
    point_all "$1"
    run systemctl enable --quiet "$SERVICE"
    return 0
  fi
  point_all "$1"
  run systemctl ${ROOT:+"--root=$ROOT"} enable --quiet "$SERVICE"
  [ -z "$before" ] || [ "$before" = "$1" ] || point previous "$before"
  if [ -z "$ROOT" ] && [ "$start" = yes ] && [ -e "$ETC/agent.yaml" ]; then
    if [ "$DRY_RUN" = yes ]; then
      printf 'would restart %s and go back to %s were it not well\n' "$SERVICE" "${before:-nothing}"
    elif ! is_healthy; then
      return_to "$before" "$1"
    fi
  fi
  prune
}

# return_to OLD NEW: never comes back to the caller.
return_to() {
  say "$2 does not become healthy"
  tell_why
  if [ -z "$1" ] || [ "$1" = "$2" ]; then
    systemctl stop "$SERVICE" || true
    die "$CANNOT" "there is no release to go back to: $SERVICE is stopped. Mend it, then: sudo systemctl start stethos"
  fi
  say "going back to $1 ..."
  point_all "$1"
  rm -f "$ROOT$OPT/previous"
  # It is known to be well: it need not prove that as long as a new one.
  soak=3
  if is_healthy; then
    rm -rf "${RELEASES:?}/$2"
    die "$ROLLED_BACK" "rolled back: $1 runs again, $2 was removed"
  fi
  tell_why
  die "$CANNOT" "$1 is in place again and is not healthy either: the trouble is not the release. See journalctl -u stethos"
}

# By hand: the release before.
go_back() {
  [ -L "$ROOT$OPT/previous" ] || die "$REFUSED" "there is no release before this one"
  id=$(basename "$(readlink "$ROOT$OPT/previous")")
  switch_to "$id"
  [ "$DRY_RUN" = yes ] || say "$id is the release again"
}

# This release and the one before stay.
prune() {
  [ "$DRY_RUN" = no ] || return 0
  for old in "$RELEASES"/*; do
    case $(basename "$old") in
      "$(current_release)" | "$(basename "$(readlink "$ROOT$OPT/previous" || true)")") ;;
      *) rm -rf "$old" ;;
    esac
  done
}

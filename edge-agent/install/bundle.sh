#!/bin/sh
# Makes a release: a folder with everything that the agent needs to run, its Node.js included. POSIX sh.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

usage() {
  cat <<'END'
Usage: bundle.sh [--arch x64|arm64] [--node FOLDER] [--packages FOLDER] [--without-page] OUT
       bundle.sh --seal FOLDER

Makes a release of this checkout: sources, model, page, production packages, Node.js 24. It needs npm and, unless told
otherwise, a package registry; the machine that the release is installed on needs neither.

  OUT                 a new folder, or FILE.tar.gz: an archive, and FILE.tar.gz.sha256 beside it
  --arch ARCH         of the machine that it is for; this machine's by default
  --node FOLDER       a Node.js 24 for it (with bin/node), instead of the pinned one from the registry
  --packages FOLDER   a folder that holds them, another release for instance, instead of asking npm
  --without-page      without the operator's page; otherwise `npm run build` must have made it
  --seal FOLDER       after something in a release was changed by hand (another model): seals it anew

Exit code: 0 done, 1 could not, 2 wrong usage, 3 refused.
END
}

# Its checksums, and its name after them: the same files give the same name anywhere.
seal() {
  (cd "$1" && find . -type f ! -path ./MANIFEST.sha256 ! -path ./RELEASE -print0 |
    LC_ALL=C sort -z | xargs -0 -r sha256sum) >"$1/MANIFEST.sha256"
  seal_version=$(sed -n 's/^  "version": "\([^"]*\)".*/\1/p' "$1/edge-agent/package.json")
  [ -n "$seal_version" ] || die "$CANNOT" "$1/edge-agent/package.json tells no version"
  cat >"$1/RELEASE" <<END
version=$seal_version
id=$seal_version-$(sha256sum <"$1/MANIFEST.sha256" | cut -c1-10)
arch=$2
node=$3
END
}

# Node.js as .workshop/node pins it, through npm.
bring_node() {
  pinned=$(sed -n "s/.*\"node-linux-$arch\": \"\([^\"]*\)\".*/\1/p" "$source_root/.workshop/node/package.json")
  [ -n "$pinned" ] || die "$CANNOT" "$source_root/.workshop/node pins no Node.js for $arch"
  node_folder=$source_root/.cache/node/node_modules/node-linux-$arch
  grep -qs "\"version\": \"$pinned\"" "$node_folder/package.json" && return 0
  say "fetching Node.js $pinned for linux-$arch (about 60 MB) ..."
  mkdir -p "$work/node"
  cp "$source_root/.workshop/node/package.json" "$source_root/.workshop/node/package-lock.json" "$work/node/"
  ask_npm "$work/node" ci --force --os=linux --cpu="$arch"
  node_folder=$work/node/node_modules/node-linux-$arch
  [ -x "$node_folder/bin/node" ] || die "$CANNOT" "Node.js for linux-$arch did not arrive"
}

# ask_npm FOLDER ARGUMENTS...
ask_npm() {
  command -v npm >/dev/null ||
    die "$REFUSED" "npm was not found. Make the release on a machine that has npm 10 (bundle.sh OUT.tar.gz), and install that here"
  (cd "$1" && shift && npm "$@" --no-audit --no-fund --loglevel=error --prefer-offline >&2) ||
    die "$CANNOT" "npm failed; its own words are above. Check the network and run the command again"
}

# The folders that packages may lie in: npm puts one version of a package at the top and others where they are needed.
PLACES=". protocol-finger models edge-agent"

# Production packages, without what other platforms need and without what only a compiler reads.
bring_packages() {
  if [ -z "$packages" ]; then
    say "installing the production packages of package-lock.json ..."
    packages=$work/packages
    # The lock file is one for all workspaces, so npm wants to see each of them.
    (cd "$source_root" && find . -maxdepth 3 \( -name node_modules -o -name dist -o -name '.?*' \) -prune \
      -o -name package.json -print) |
      while read -r file; do
        mkdir -p "$packages/$(dirname "$file")"
        cp "$source_root/$file" "$packages/$file"
      done
    cp "$source_root/package-lock.json" "$packages/"
    # No scripts: the native add-ons bring their libraries for each platform.
    ask_npm "$packages" install --workspace=edge-agent --include-workspace-root=false --omit=dev \
      --ignore-scripts --no-save --os=linux --cpu="$arch"
  fi
  for place in $PLACES; do
    [ -d "$packages/$place/node_modules" ] || continue
    mkdir -p "$1/$place/node_modules"
    (cd "$packages/$place/node_modules" && tar -cf - --exclude='./onnxruntime-node/bin/*/darwin' \
      --exclude='./onnxruntime-node/bin/*/win32' --exclude='*.map' --exclude='*.d.ts' --exclude='./.bin' .) |
      tar -C "$1/$place/node_modules" -xf -
  done
  prune_packages "$1/node_modules"
}

prune_packages() {
  native=$1/onnxruntime-node/bin/napi-v6
  [ -e "$native/linux/$arch/onnxruntime_binding.node" ] ||
    die "$CANNOT" "the packages have no onnxruntime for linux-$arch"
  find "$native/linux" -mindepth 1 -maxdepth 1 ! -name "$arch" -exec rm -rf {} +
  find "$1/@serialport/bindings-cpp/prebuilds" -mindepth 1 -maxdepth 1 ! -name "linux-$arch" -exec rm -rf {} +
  rm -rf "$1/.package-lock.json" "$1/.stethos-stamp" "$1/@stethos"
  # The agent finds its own packages by these names.
  mkdir -p "$1/@stethos"
  for folder in protocol-finger models; do ln -s "../../$folder" "$1/@stethos/$folder"; done
}

copy_sources() {
  for folder in protocol-finger models edge-agent; do
    mkdir -p "$1/$folder"
    cp -a "$source_root/$folder/package.json" "$source_root/$folder/src" "$1/$folder/"
  done
  find "$1" -path "$1/node_modules" -prune -o -name '*.test.ts' -type f -exec rm -f {} +
  cp -a "$source_root/models/artifacts" "$source_root/models/keys" "$1/models/"
  cp -a "$source_root/edge-agent/README.md" "$source_root/edge-agent/METRICS.md" "$source_root/edge-agent/JETSON.md" "$here" "$1/edge-agent/"
  if [ "$page" = yes ]; then
    mkdir -p "$1/web-twin/dist"
    cp -a "$source_root/web-twin/dist/app" "$1/web-twin/dist/"
  fi
  printf '{ "name": "stethos", "private": true, "type": "module" }\n' >"$1/package.json"
}

# fill FOLDER: the whole release.
fill() {
  bring_packages "$1"
  copy_sources "$1"
  mkdir -p "$1/bin" "$1/node/bin"
  cp "$node_folder/bin/node" "$1/node/bin/node"
  [ ! -e "$node_folder/LICENSE" ] || cp "$node_folder/LICENSE" "$1/node/LICENSE"
  cp "$here/stethos" "$1/bin/stethos"
  ln -s edge-agent/install/install.sh "$1/install.sh"
  ln -s edge-agent/install/uninstall.sh "$1/uninstall.sh"
  chown -R 0:0 "$1" 2>/dev/null || true
  chmod -R u=rwX,go=rX "$1"
  chmod 0755 "$1/bin/stethos" "$1/node/bin/node" "$1"/edge-agent/install/*install.sh "$1/edge-agent/install/bundle.sh"
  if [ -z "${pinned:-}" ] && [ "$arch" = "$(machine_arch)" ]; then
    pinned=$("$1/node/bin/node" -p process.versions.node)
  fi
  seal "$1" "$arch" "${pinned:-unknown}"
}

main() {
  arch=$(machine_arch)
  node_folder=
  packages=
  page=yes
  out=
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage; exit 0 ;;
      --arch) arch=${2:-}; shift ;;
      --node) node_folder=${2:-}; shift ;;
      --packages) packages=${2:-}; shift ;;
      --without-page) page=no ;;
      --seal) sealed=${2:-}; shift ;;
      -*) usage >&2; exit "$USAGE" ;;
      *) out=$1 ;;
    esac
    [ $# -gt 0 ] || { usage >&2; exit "$USAGE"; }
    shift
  done
  if [ -n "${sealed:-}" ]; then
    [ -f "$sealed/RELEASE" ] || die "$REFUSED" "$sealed is no release"
    seal "$sealed" "$(release_value "$sealed" arch)" "$(release_value "$sealed" node)"
    say "$sealed is $(release_value "$sealed" id) now"
    return 0
  fi
  [ -n "$out" ] || { usage >&2; exit "$USAGE"; }
  case $arch in x64 | arm64) ;; *) die "$USAGE" "--arch takes x64 or arm64" ;; esac
  source_root=$(dirname "$(dirname "$here")")
  [ -f "$source_root/package-lock.json" ] || die "$REFUSED" "$source_root is no checkout: a release is made from one"
  [ ! -e "$out" ] || die "$REFUSED" "$out is there already"
  [ "$page" = no ] || [ -f "$source_root/web-twin/dist/app/index.html" ] ||
    die "$REFUSED" "the operator's page is not built: run \"npm run build\" first, or say --without-page"
  # Beside the result: what is moved there at the end comes at once.
  mkdir -p "$(dirname "$out")"
  work=$(mktemp -d "$(dirname "$out")/.bundle.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  [ -n "$node_folder" ] || bring_node
  [ -x "$node_folder/bin/node" ] || die "$REFUSED" "there is no bin/node in $node_folder"
  version=$(sed -n 's/^  "version": "\([^"]*\)".*/\1/p' "$source_root/edge-agent/package.json")
  name=stethos-$version-linux-$arch
  mkdir -p "$work/$name"
  fill "$work/$name"
  case $out in
    *.tar.gz | *.tgz)
      tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - "$name" | gzip -n -6 >"$work/out"
      mv "$work/out" "$out"
      (cd "$(dirname "$out")" && sha256sum "$(basename "$out")" >"$(basename "$out").sha256")
      ;;
    *) mv "$work/$name" "$out" ;;
  esac
  say "$out: $version for linux-$arch, $(du -sm "$out" | cut -f1) MiB"
}

main "$@"
exit

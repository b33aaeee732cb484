#!/bin/sh
# Prepare the Python side: Debian's CPU-only torch plus pinned packages in models/.venv. Safe to run again.
# Torch comes from Debian on purpose: the PyPI wheel brings gigabytes of CUDA.
set -eu
cd "$(dirname "$0")"
packages="python3-torch python3-scipy python3-numpy python3-venv"

missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "setup: run first: sudo apt-get install -y$missing" >&2
    exit 1
  fi
  apt-get update -q
  # shellcheck disable=SC2086  # a list of words on purpose
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
fi

[ -x .venv/bin/python ] || /usr/bin/python3 -m venv --system-site-packages .venv
.venv/bin/python -m pip install -q --disable-pip-version-check -r requirements.txt
.venv/bin/python -c "import torch, scipy, onnx, onnxruntime; print('setup: torch', torch.__version__, 'onnx', onnx.__version__, 'onnxruntime', onnxruntime.__version__)"

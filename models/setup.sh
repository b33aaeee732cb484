#!/bin/sh
# Prepare the Python side; safe to run again.
#   setup.sh           all of it: Debian's CPU-only torch plus pinned packages in models/.venv.
#                      Torch comes from Debian on purpose: the PyPI wheel brings gigabytes of CUDA.
#   setup.sh --field   what `python -m pipeline head` needs, in models/.venv-field: wheels only, no torch, no root.
set -eu
cd "$(dirname "$0")"

if [ "${1:-}" = "--field" ]; then
  if [ ! -x .venv-field/bin/python ]; then
    # the pinned wheels exist for these versions
    for python in "${PYTHON:-python3}" python3.12 python3.11 python3.10; do
      "$python" -c "import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))" 2>/dev/null && break
      python=""
    done
    if [ -z "$python" ]; then
      echo "setup: Python 3.10 to 3.12 is needed; name one: PYTHON=/usr/bin/python3.11 $0 --field" >&2
      exit 1
    fi
    "$python" -m venv .venv-field
  fi
  .venv-field/bin/python -m pip install -q --disable-pip-version-check -r requirements-field.txt
  .venv-field/bin/python -c "import scipy, onnx, onnxruntime; print('setup: scipy', scipy.__version__, 'onnx', onnx.__version__, 'onnxruntime', onnxruntime.__version__)" >&2
  exit 0
fi

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

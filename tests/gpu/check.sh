#!/usr/bin/env bash
# Everything that computes on a CUDA GPU, against the CPU: a table, within 8 minutes.
#
# Needs a CUDA GPU with its driver, and Python 3.11 or newer: the one that PYTHON names,
# that of .venv, or one on the path, best with a build of torch (2.9 or newer) for CUDA.
# What is missing of torch, scikit-learn (1.9), scipy, skorch, joblib, threadpoolctl and
# lazy-loader is installed beside it, into a throw-away environment, from a package
# index or from the folder of wheels that WHEELS names. faiss-gpu takes part where it is
# installed. Ends with 2 where this cannot be had, and with 1 where the GPU gives
# something else than the CPU.
set -euo pipefail
cd "$(dirname "$0")/../.."

packages=("torch>=2.9" "scikit-learn>=1.9" scipy skorch joblib threadpoolctl lazy-loader)
imports="import sklearn.callback, scipy, skorch, joblib, threadpoolctl, lazy_loader"

fail() {
    echo "$*" >&2
    sed -n '4,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
}

# A Python that meets a condition, the first one.
find_python() {
    for python in "${PYTHON:-}" .venv/bin/python python3 python3.1{4,3,2,1} python; do
        [ "$("$python" -c "$1" 2>/dev/null)" = True ] && return
    done
    return 1
}

find_python 'import sys, torch; print(sys.version_info >= (3, 11))' ||
    find_python 'import sys; print(sys.version_info >= (3, 11))' ||
    fail "No Python here is 3.11 or newer."

if ! "$python" -c "import torch; $imports" 2>/dev/null; then
    environment=$(mktemp -d)
    trap 'rm -rf "$environment"' EXIT
    "$python" -m venv --system-site-packages "$environment" ||
        fail "$python cannot make an environment: its module venv is missing."
    python=$environment/bin/python
    "$python" -m pip install -q --timeout 15 --retries 1 \
        ${WHEELS:+--no-index --find-links "$WHEELS"} "${packages[@]}" ||
        fail "Packages are missing, and neither a package index nor WHEELS has them."
fi

status=0
timeout 480 "$python" -m tests.gpu || status=$?
[ "$status" != 124 ] || echo "Stopped after 8 minutes: the table is not whole." >&2
exit "$status"

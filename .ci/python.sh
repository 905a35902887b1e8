#!/usr/bin/env bash
# A virtual environment with Python 3.11 or later; on Debian, python3-venv is installed when it is missing.
set -euo pipefail
python="${1:-python3}"
venv="${2:-.venv}"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "AuditKit needs Python 3.11 or later; try: make PYTHON=python3.12 ..." >&2
  exit 1
}
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo"
  echo "Installing python3-venv"
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
fi
"$python" -m venv "$venv"

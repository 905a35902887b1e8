#!/usr/bin/env bash
# Builds the wheel and runs the suite against it, away from the checkout: force-included data and all.
set -euo pipefail
top="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

"$top/.venv/bin/python" -m build --wheel --outdir "$work/dist" "$top" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$top/.venv/bin/python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$(echo "$work"/dist/*.whl)[dev]"
mkdir "$work/suite"
cp -r "$top/tests" "$top/pyproject.toml" "$work/suite/"
cd "$work/suite"
"$work/venv/bin/python" -c 'import auditkit, pathlib; p = pathlib.Path(auditkit.__file__); assert "site-packages" in str(p), p'
"$work/venv/bin/python" -m pytest --ignore=tests/docs --ignore=tests/project --ignore=tests/web/test_browser.py --ignore=tests/web/test_whole_sitting.py

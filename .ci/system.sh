#!/usr/bin/env bash
# Installs what the machine lacks, and says what it does: `pdf` for writing PDFs, `test` for checking them.
set -euo pipefail

case "${1:-}" in
  pdf)  debian="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"; brew="pango" ;;
  test) debian="poppler-utils qpdf chromium"; brew="poppler qpdf" ;;
  *) echo "usage: system.sh pdf|test" >&2; exit 2 ;;
esac

if [ "$(uname)" = Darwin ]; then
  command -v brew >/dev/null || { echo "This needs Homebrew: see https://brew.sh, then run make again." >&2; exit 1; }
  for package in $brew; do
    brew list "$package" >/dev/null 2>&1 || brew install "$package"
  done
  exit 0
fi

missing=""
for package in $debian; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null; then
  echo "Please install with your package manager what Debian calls:$missing" >&2
  exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
echo "Installing$missing"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null

#!/usr/bin/env bash
# Make the virtual environment and bring what a target needs: prepare.sh run | test
#
# Installs Python packages by hashed requirement files. As root on Debian or Ubuntu it also
# installs the system packages it misses (python3-venv; for tests a browser and a CJK font);
# where it may not, it says so and goes on, and the tests that need them say what they skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${1:-run}"
venv="${VENV:-.venv}"

say() { printf '%s\n' "$*" >&2; }

install_system() {
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    say "缺少系统软件：$*。请用管理员安装：sudo apt-get install -y $*"
    return 1
  fi
  say "安装系统软件：$*"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "$@"; } >/dev/null 2>&1 || { say "安装失败：$*"; return 1; }
}

find_python() {
  local name
  for name in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python3.14; do
    [ -n "$name" ] || continue
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$name"
      return
    fi
  done
  say "需要 Python 3.11 或更新的版本，请先安装。"
  exit 1
}

make_venv() {
  local python
  [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 && return
  python="$(find_python)"
  say "建立虚拟环境 $venv ($("$python" --version))"
  rm -rf "$venv"
  if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
    # Debian ships Python without ensurepip.
    rm -rf "$venv"
    install_system python3-venv python3-pip || exit 1
    "$python" -m venv "$venv"
  fi
}

stamp_of() {
  cat "requirements/$1.txt" pyproject.toml | sha256sum | cut -d' ' -f1
}

is_installed() {
  # Asking pip itself would add a second to every start.
  [ -x "$venv/bin/python" ] && [ "$(cat "$venv/.prepared-$1" 2>/dev/null)" = "$(stamp_of "$1")" ]
}

install_python() {
  is_installed "$1" && return
  make_venv
  say "安装 Python 依赖（requirements/$1.txt）……"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r "requirements/$1.txt"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable .
  stamp_of "$1" >"$venv/.prepared-$1"
}

find_browser() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

if [ "$target" = test ]; then
  install_python dev
  find_browser >/dev/null || install_system chromium || true
  fc-list :lang=zh 2>/dev/null | grep -q . || install_system fontconfig fonts-wqy-microhei || true
else
  # The test set-up holds all that running needs; keep whichever is there up to date.
  if [ -f "$venv/.prepared-dev" ]; then install_python dev; else install_python run; fi
fi

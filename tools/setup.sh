#!/usr/bin/env bash
# Make this copy of Canevas ready: the libraries of the system that Qt opens windows with, and the packages in .venv.
#
#   tools/setup.sh run      what the program needs
#   tools/setup.sh test     that, and what the tests of the real window need
#   tools/setup.sh bench    that, and what Canevas is compared with
#
# Costs a fraction of a second when everything is there. PYTHON names another interpreter than python3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

purpose=${1:-run}
python=${PYTHON:-python3}
venv=.venv
extras=dev
[ "$purpose" = bench ] && extras=dev,bench
stamp=$venv/.installed-$extras

# What PySide6-Essentials opens a window with, and a typeface: a bare machine has none, and pictures show boxes.
libraries=(
    libegl1 libgl1 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libglib2.0-0 libxcb-cursor0 libxcb-icccm4
    libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 fonts-inter
)
# A screen without a monitor, and a hand on its mouse and keys.
screen=(xvfb xauth xdotool)

say() { printf '%s\n' "$*" >&2; }

# The packages of "$@" that Debian's list of installed ones lacks. A name renamed by time_t's move to 64 bits counts.
absent() {
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n 's/^ii //p')
    local name
    for name in "$@"; do
        grep -qxE "$name(t64)?" <<<"$installed" || printf '%s ' "$name"
    done
}

# Install system packages where the user may; elsewhere say how, and fail.
install_packages() {
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n); else
            say "Canevas needs packages of the system that only an administrator may install. Run this, then try again:"
            say "    sudo apt-get update && sudo apt-get install --no-install-recommends -y $*"
            return 1
        fi
    fi
    say "Installing packages of the system: $*"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --no-install-recommends -y -qq "$@" >&2 || {
        say "They could not be installed. The command was: apt-get install --no-install-recommends -y $*"
        return 1
    }
}

system() {
    [ "$(uname -s)" = Linux ] || return 0
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is no Debian: if Qt does not start, install your system's packages for: ${libraries[*]}"
        return 0
    fi
    local wanted=("${libraries[@]}") missing
    [ "$purpose" = run ] || wanted+=("${screen[@]}")
    missing=$(absent "${wanted[@]}")
    # shellcheck disable=SC2086 # names of packages hold no blanks
    [ -z "$missing" ] || install_packages $missing
}

packages() {
    if [ -f "$stamp" ] && [ ! pyproject.toml -nt "$stamp" ] && [ -x $venv/bin/python ]; then return 0; fi
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        say "Canevas needs Python 3.11 or newer; $python is $("$python" --version 2>&1). Name another one: make PYTHON=python3.12 ..."
        return 1
    }
    local pip=("$venv/bin/python" -m pip)
    if ! $venv/bin/python -c '' 2>/dev/null; then
        say "Making $venv"
        if ! "$python" -m venv --clear $venv >/dev/null 2>&1; then
            # Debian ships ensurepip apart (python3-venv): the pip outside can fill the environment as well
            "$python" -m venv --clear --without-pip $venv
        fi
    fi
    "${pip[@]}" --version >/dev/null 2>&1 || pip=("$python" -m pip --python "$venv/bin/python")
    say "Installing Canevas and its packages into $venv (some minutes and about 6 GB the first time)"
    "${pip[@]}" install --quiet --disable-pip-version-check -e ".[$extras]" >&2
    touch "$stamp"
}

packages
# Without its libraries Qt shows no window, but a terminal needs none: only the tests insist.
system || [ "$purpose" = run ]

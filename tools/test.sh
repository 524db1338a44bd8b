#!/usr/bin/env bash
# Run all tests: those without a screen first, then those that drive a real window on a screen of their own.
# Arguments go to pytest both times (tools/test.sh -k undo).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=.venv/bin/python
export OMP_NUM_THREADS=1 PYTHONFAULTHANDLER=1

summaries=$(mktemp -d)
trap 'rm -rf "$summaries"' EXIT

# Run pytest under the name $1, keep what it says, and give its exit status.
run() {
    local name=$1
    shift
    "$@" 2>&1 | tee "$summaries/$name"
    return "${PIPESTATUS[0]}"
}

# "No tests collected" is an answer only where arguments chose among the tests.
verdict() {
    if [ "$1" = 5 ] && [ "$chosen" = yes ]; then echo 0; else echo "$1"; fi
}
chosen=no
[ $# = 0 ] || chosen=yes

# two processes of one thread each: most tests wait for a worker, a window or a disk now and then
QT_QPA_PLATFORM=offscreen run headless "$python" -m pytest -n 2 -m "not xvfb and not torchvision_all and not exports_all" "$@"
headless=$(verdict $?)

window=0
if grep -rqs "mark\.xvfb" tests --include='*.py'; then
    QT_QPA_PLATFORM=xcb run window xvfb-run -a -s "-screen 0 1600x1000x24" "$python" -m pytest -m xvfb "$@"
    window=$(verdict $?)
fi

echo
for name in headless window; do
    [ -f "$summaries/$name" ] && printf '%-9s %s\n' "$name" "$(tail -n 1 "$summaries/$name")"
done
[ "$headless" = 0 ] && [ "$window" = 0 ]

#!/bin/sh
# Runs the tests that need a camera and a sound card, in a small virtual machine
# that has the kernel's own: tests/rig.sh [FILTER]...
#
# The machine is made by a program called with-devices, which is not part of this
# repository: give its path in WITH_DEVICES, or keep it in ../shared/rig beside
# the checkout. tests/run does not need it and does not run this.
set -eu
cd "$(dirname "$0")/.."

with_devices=${WITH_DEVICES:-../shared/rig/with-devices}
if ! [ -x "$with_devices" ]; then
    echo "tests/rig.sh: there is no program $with_devices." >&2
    echo "Set WITH_DEVICES to the program that starts a machine with devices." >&2
    exit 2
fi
for tool in cargo nginx ffmpeg ffprobe v4l2-ctl aplay Xvfb xdotool xclip; do
    command -v "$tool" >/dev/null && continue
    echo "tests/rig.sh: $tool is missing (Debian: nginx libnginx-mod-rtmp ffmpeg v4l-utils alsa-utils xvfb xdotool xclip)." >&2
    exit 2
done

# The machine's processor is emulated, twenty times slower than this one: what
# runs there is compiled for speed.
export CARGO_PROFILE_DEV_OPT_LEVEL=3
cargo test --no-run --locked --test rig
tests=$(cargo test --no-run --locked --test rig --message-format json 2>/dev/null |
    sed -n 's/.*"name":"rig".*"executable":"\([^"]*\)".*/\1/p')
[ -x "$tests" ] || { echo "tests/rig.sh: the tests were not built" >&2; exit 2; }

# A machine of its own for each test: what one does to the devices is no matter
# to the next. As root, for only root may pull a device out.
failed=
for test in $("$tests" --ignored --list 2>/dev/null | sed -n 's/: test$//p'); do
    if [ $# -gt 0 ]; then
        wanted=
        for filter; do case $test in *"$filter"*) wanted=1 ;; esac; done
        [ "$wanted" ] || continue
    fi
    case $test in jpeg::*) camera=--mjpeg ;; *) camera= ;; esac
    echo "== $test"
    # shellcheck disable=SC2086
    "$with_devices" -q --root $camera --timeout 900 -- \
        "$tests" --ignored --exact "$test" --nocapture || failed="$failed $test"
done
[ -z "$failed" ] || { echo "tests/rig.sh: failed:$failed" >&2; exit 1; }
echo "tests/rig.sh: all is well"

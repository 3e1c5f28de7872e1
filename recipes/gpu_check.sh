#!/bin/sh
# Everything about a machine with one NVIDIA GPU in less than eight minutes: the tests that need a
# GPU, whether a picture is the same bit for bit, and how fast rendering is. Nothing is downloaded.
#
#   sh recipes/gpu_check.sh [FOLDER]
#
# PYTHON chooses the interpreter; DEVICE=cpu TINY=--tiny tries the script out without a GPU.
# TEST_S, MINUTES and SAME_S are how long each part may take; TESTS are the parts of tests/gpu, and
# SAME=--pictures compares whole pictures only.
cd "$(dirname "$0")/.." || exit 2
files=
PYTHON=${PYTHON:-python3}
DEVICE=${DEVICE:-cuda}
OUT=${1:-${OUT:-gallery/out/gpu}}
TEST_S=${TEST_S:-200}
SAME_S=${SAME_S:-60}
MINUTES=${MINUTES:-2.8}
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1 VIZKIT_OFFLINE=1
mkdir -p "$OUT" || exit 2

echo "== what is there"
"$PYTHON" - "$DEVICE" <<'CHECK' || exit 3
import importlib.util
import sys

needed = ("torch", "torchvision", "numpy", "PIL", "safetensors")
lacking = [name for name in needed if importlib.util.find_spec(name) is None]
if lacking:
    sys.exit(f"This Python lacks {', '.join(lacking)}; choose another one with PYTHON=...")
import torch

if sys.argv[1] == "cuda" and not torch.cuda.is_available():
    sys.exit("torch sees no CUDA device here.")
name = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
print(f"Python {sys.version.split()[0]}, torch {torch.__version__}, {name}")
for name, use in (("pytest", "the tests"), ("skimage", "some tests"), ("jinja2", "some tests")):
    if importlib.util.find_spec(name) is None:
        print(f"{name} is lacking: {use} are left out")
CHECK

# The most telling first, in case the time is over.
for part in ${TESTS:-rendering replay limits same_bytes receptive_field measuring gallery}; do
  files="$files tests/gpu/test_$part.py"
done

echo "== tests (at most $TEST_S s)"
began=$(date +%s)
# Without the timeout plugin its setting would be an error; warnings are shown, and fail nothing.
printf '[pytest]\nmarkers =\n  gpu: needs a CUDA device\n' > "$OUT/pytest.ini"
if "$PYTHON" -c 'import pytest' 2> /dev/null; then
  timeout -s INT -k 20 "$TEST_S" "$PYTHON" -m pytest $files -q -c "$OUT/pytest.ini" \
    --rootdir . -p no:cacheprovider -W default -rs --tb=short --durations=10 \
    --junitxml "$OUT/tests.xml" \
    > "$OUT/tests.txt" 2>&1
  echo "pytest ended with $? after $(($(date +%s) - began)) s"
  tail -n 3 "$OUT/tests.txt"
fi

echo "== throughput (at most $MINUTES minutes)"
"$PYTHON" recipes/benchmarks/gpu_throughput.py --device "$DEVICE" --minutes "$MINUTES" \
  ${TINY:+--tiny --layers conv2 conv3 --blocks 1 2 --profiled 2 --whole 2} --out "$OUT" \
  > "$OUT/throughput.log" 2>&1
echo "ended with $?"

echo "== the same bit for bit? (at most $SAME_S s)"
timeout -s INT -k 20 $((SAME_S + 40)) "$PYTHON" recipes/benchmarks/gpu_determinism.py --device "$DEVICE" \
  --seconds "$SAME_S" $SAME ${TINY:+--layers conv2 --block 2 --steps 2} --out "$OUT/determinism.json" \
  > "$OUT/determinism.txt" 2>&1
echo "ended with $?"

echo "== failures by cause"
if [ -s "$OUT/tests.xml" ]; then
  "$PYTHON" - "$OUT/tests.xml" <<'CAUSES' | head -c 5500
import re
import sys
from collections import defaultdict
from xml.etree import ElementTree

suite = ElementTree.parse(sys.argv[1]).getroot().find("testsuite")
print(*(f"{name} {suite.get(name)}" for name in ("tests", "failures", "errors", "skipped")))
causes = defaultdict(list)
for case in suite.iter("testcase"):
    for bad in (*case.iterfind("failure"), *case.iterfind("error")):
        places = re.findall(r"^(\S+\.py:\d+): ", bad.text or "", re.MULTILINE)
        ours = [place for place in places if not place.startswith(("/", "."))] or places or ["?"]
        first = " ".join((bad.get("message") or "").split())[:330]
        cause = re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?(e[-+]\d+)?", "#", first[:90])
        test = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        causes[ours[-1], cause].append((test, first))
for (place, _), found in sorted(causes.items(), key=lambda item: -len(item[1])):
    print(f"{len(found)} x at {place}: {found[0][1]}")
    print("    " + ", ".join(test for test, _ in found[:4]) + ", ..." * (len(found) > 4))
CAUSES
fi

echo "== summary"
grep -E '^ +waits' "$OUT/determinism.txt" | sort -u | cut -c 1-150 | tail -n 8
grep -E '^ +torch says' "$OUT/determinism.txt" | sort -u | cut -c 1-200 | tail -n 8
sed -n '/^Stages that are not/,$p' "$OUT/determinism.txt" | cut -c 1-170
if [ -s "$OUT/throughput.txt" ]; then
  cut -c 1-330 "$OUT/throughput.txt"
else
  tail -n 15 "$OUT/throughput.log"
fi

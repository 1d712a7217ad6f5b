#!/bin/sh
# Runs what make_bundle.py compiled on this machine's GPU, and compares every
# output with float64. Prints a log with the device's name and the commit; exits
# with 1 if an output is off. Options are passed on to zq-run (--repeat 20).
cd "$(dirname "$0")" || exit 1
echo "commit: $(cat commit)"
echo "device: $(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader | head -n 1)"
echo "tokens: $(cat tokens)"
status=0
for module in modules/*.zqm; do
  bin/zq-run "$module" --device cuda --m "$(cat tokens)" --compare float64 \
    --tolerance 3e-3 "$@" || status=1
done
if [ $status = 0 ]; then echo "all outputs are right"; else echo "FAILED"; fi
exit $status

"""Interrupts a calibration again and again, each time once it has finished something more, and lets it end.

    python interrupt.py STATE COMMAND...

Prints after which of the state's files the process was killed.
"""
import os
import signal
import subprocess
import sys
import time

state, command = sys.argv[1], sys.argv[2:]
killed = []
for name in ["site-0-0.mlirbc", "site-0-1.mlirbc", "stage-0.json", "site-1-0.mlirbc"]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not os.path.exists(os.path.join(state, name)):
        time.sleep(0.0005)
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
        killed.append(name)
    if process.wait() not in (0, -signal.SIGKILL):
        sys.exit(f"the calibration failed, killed after {killed}")
# Whatever came in between: a file that appears whole, or a temporary one.
print("killed after", len(killed), "files")
sys.exit(subprocess.run(command).returncode)

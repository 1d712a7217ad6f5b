"""Times of made-up kernels, for fit.py: one round of tiles or more on 132 multiprocessors, without any noise."""
import json
import math

times = []
for n, k in ((4096, 4096), (11008, 4096), (28672, 8192)):
    for m in (16, 64, 256, 1024):
        for tokens in (16, 64, 128, 256):
            for split, launch in ((1, 2.0), (3, 4.0)):
                tiles = math.ceil(n / 128) * math.ceil(m / tokens)
                rounds = math.ceil(tiles / (132 if split == 1 else 39))
                blocks = rounds * math.ceil(k / 128 / split)
                us = launch + blocks * (0.3 + 0.002 * tokens) + rounds * 0.01 * tokens
                schedule = f"<tokens = {tokens}, stages = 4, accumulation = fast{', split = 3' if split == 3 else ''}>"
                times.append({"n": n, "k": k, "group": 128, "rank": 0, "m": m, "schedule": schedule, "us": us})
# Bytes are free on this machine.
print(json.dumps({"device": "none", "commit": "", "sms": 132, "copy_bandwidth": 1e18, "times": times}))

#!/usr/bin/env python3
"""Runs small linears with allocations of exactly the size they need, for compute-sanitizer. Needs no PyTorch.

usage: compute-sanitizer --tool memcheck memcheck.py OUT NAME...
"""
import ctypes as C
import random
import sys

from launch import Kernels, check, cuda, read_linears

SIZES = {"bf16": 2, "f16": 2, "f32": 4}
MULTIPROCESSORS = 16


def open_device():
    device, context, count = C.c_int(), C.c_void_p(), C.c_int()
    check(cuda.cuInit(0), "cuInit")
    check(cuda.cuDeviceGet(C.byref(device), 0), "device")
    check(cuda.cuDevicePrimaryCtxRetain(C.byref(context), device), "context")
    check(cuda.cuCtxSetCurrent(context), "context")
    check(cuda.cuDeviceGetAttribute(C.byref(count), MULTIPROCESSORS, device), "multiprocessors")
    return count.value


def allocate(size, rng):
    address = C.c_uint64()
    check(cuda.cuMemAlloc_v2(C.byref(address), C.c_size_t(size)), "allocation")
    # Bytes below 12: valid shifts, and floats that are no NaN.
    data = bytes(rng.choices(range(12), k=size))
    check(cuda.cuMemcpyHtoD_v2(address, data, C.c_size_t(size)), "copy")
    return address.value


def get_sizes(linear, variant, m):
    n, k, group = linear["n"], linear["k"], linear["group"]
    parts = 1 if group >= k or group % 128 == 0 else 2 if group % 64 == 0 else 4
    sizes = {"x": m * k * SIZES[linear["input"]], "y": m * n * SIZES[linear["output"]], "row_scale": 4 * n,
             "weights": -(-n // 128) * -(-k // 128) * (8192 + 128 * parts)}
    for name, (per_token, fixed) in variant["workspace"].items():
        sizes[name] = per_token * m + fixed
    if linear["rank"]:
        sizes["down"] = linear["rank"] * k * SIZES[linear["factors"]]
        sizes["up"] = linear["rank"] * n * SIZES[linear["factors"]]
    if linear["bias"]:
        sizes["bias"] = n * SIZES[linear["bias"]]
    return sizes


def main():
    out, rng, count = sys.argv[1], random.Random(1), 0
    multiprocessors = open_device()
    for name in sys.argv[2:]:
        kernels = Kernels(f"{out}/{name}.cubin", multiprocessors)
        for linear in read_linears(f"{out}/{name}.mlir"):
            if linear["n"] * linear["k"] > 500000:
                continue
            for variant in linear["variants"]:
                m = rng.randint(1, 2 * variant["tokens"])
                addresses = {b: allocate(size, rng) for b, size in get_sizes(linear, variant, m).items()}
                kernels.run(variant, addresses, m)
                check(cuda.cuCtxSynchronize(), "kernel")
                for address in addresses.values():
                    check(cuda.cuMemFree_v2(C.c_uint64(address)), "free")
                count += 1
    print(f"{count} runs")


main()

"""The linears of one decode step of a stack of layers, one after the other in one graph, against FP8 of PyTorch."""
import torch

from peers import FP8, GPU, Generated, Layer, Tokens
from timing import capture, measure_burst

# Name, layers, and the linears of a layer: how many of N x K.
STACKS = [
    ("LLaMA-7B", 32, [(4, 4096, 4096), (2, 11008, 4096), (1, 4096, 11008)]),
    ("LLaMA-70B", 8, [(2, 8192, 8192), (2, 1024, 8192), (2, 28672, 8192), (1, 8192, 28672)]),
]
TOKENS = [1, 16, 64]


def copy_weights(layer, count):
    """As many copies as the stack has layers of the kind: each is read once a step."""
    for kind in ("tiles", "fp8"):
        copies = layer.rotated(kind)
        copies += [copies[0].clone() for _ in range(count - len(copies))]


def make_calls(peers, layers):
    """The calls of a step, in the order of the layers."""
    calls = []
    for index in range(layers):
        for peer, count in peers:
            calls += [(peer, index * count + i) for i in range(count)]
    return calls


def measure(kernels, linears, module, rounds):
    results = []
    for name, layers, kinds in STACKS:
        shapes = {(n, k): Layer(n, k) for _, n, k in kinds}
        for count, n, k in kinds:
            copy_weights(shapes[n, k], count * layers)
        by_shape = {(linear["n"], linear["k"]): linear for linear in linears}
        for m in TOKENS:
            peers = {kind: [] for kind in ("linear", "gemm", "fp8 fast")}
            for count, n, k in kinds:
                layer, tokens = shapes[n, k], Tokens(m, k)
                for part in ("linear", "gemm"):
                    peers[part].append((Generated(module, kernels, by_shape[n, k], layer, tokens, part, True), count))
                peers["fp8 fast"].append((FP8(layer, tokens, True), count))
            graphs = {}
            for kind in peers:
                calls = make_calls(peers[kind], layers)
                resets = [peer.reset for peer, _ in peers[kind] if peer.reset]
                reset = (lambda: [clear() for clear in resets]) if resets else None
                graphs[kind] = capture(lambda i: calls[i][0].call(calls[i][1]), len(calls), reset), 1
            times = measure_burst(graphs, rounds + 4, idle=False)
            weight_bytes = sum(count * layers * layer.rotated("tiles")[0].numel()
                               for (count, n, k) in kinds for layer in [shapes[n, k]])
            results.append({"stack": name, "layers": layers, "linears": len(make_calls(peers["gemm"], layers)), "m": m,
                            "bytes": weight_bytes, "times": times})
            print(f"{layers} layers of {name}, M {m}:", *(f"{kind} {t['median']:.0f} us" for kind, t in times.items()), flush=True)
        del shapes, peers, graphs
        torch.cuda.empty_cache()
    return results

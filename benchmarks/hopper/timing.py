"""Times of CUDA graphs: peers in turn, in random order, after a pause (burst) or after work of their own (steady)."""
import random
import statistics
import time

import torch

IDLE_SECONDS = 0.02
STEADY_US = 35_000


def capture(call, count, reset=None):
    """A graph of call(0) ... call(count - 1) on the current stream, with reset() before them."""
    if reset:
        reset()
    call(0)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
        if reset:
            reset()
        for i in range(count):
            call(i)
    return graph


def time_replays(graph, replays):
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    for _ in range(replays):
        graph.replay()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) * 1e3 / replays


def summarize(samples):
    return {"median": round(statistics.median(samples), 3), "min": round(min(samples), 3), "max": round(max(samples), 3)}


def interleave(graphs, rounds, measure):
    """`graphs` maps names to (graph, calls in it); microseconds a call, by name."""
    samples = {name: [] for name in graphs}
    for _ in range(rounds):
        for name in random.sample(list(graphs), len(graphs)):
            graph, count = graphs[name]
            samples[name].append(measure(graph) / count)
    return {name: summarize(values) for name, values in samples.items()}


def measure_burst(graphs, rounds, idle):
    """One replay to warm up, one timed; `idle`: after 20 ms without work, as a hot card is slower."""
    def measure(graph):
        if idle:
            torch.cuda.synchronize()
            time.sleep(IDLE_SECONDS)
        graph.replay()
        return time_replays(graph, 1)
    return interleave(graphs, rounds, measure)


def measure_steady(graphs, rounds, estimates):
    """After 35 ms of the same graph, 7 ms of it; `estimates`: microseconds a replay."""
    def measure_named(name):
        graph = graphs[name][0]
        for _ in range(max(1, round(STEADY_US / estimates[name]))):
            graph.replay()
        return time_replays(graph, max(1, round(STEADY_US / 5 / estimates[name])))
    samples = {name: [] for name in graphs}
    for _ in range(rounds):
        for name in random.sample(list(graphs), len(graphs)):
            samples[name].append(measure_named(name) / graphs[name][1])
    return {name: summarize(values) for name, values in samples.items()}


def copy_bandwidth():
    """Bytes a second, read and written, of an eager copy (a copy node of a graph is slower)."""
    source = torch.empty(1 << 30, dtype=torch.uint8, device="cuda").random_()
    target = torch.empty_like(source)
    times = []
    for _ in range(9):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        target.copy_(source)
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) * 1e-3)
    return 2 * source.numel() / statistics.median(times)

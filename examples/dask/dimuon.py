#!/usr/bin/env python3
"""The dimuon mass spectrum of simulated runs, computed on a session's Dask workers.

    alien-pod up -n 4
    alien-pod connect -- python examples/dask/dimuon.py

Nothing in here knows of the session: `Client()` finds it by what `alien-pod connect` puts into the environment.
"""

import argparse
import random
import sys

from dask.distributed import Client, as_completed

LOW, HIGH, BINS = 2.0, 4.0, 40
JPSI_MASS, JPSI_WIDTH = 3.097, 0.07


def spectrum(run, pairs):
    """The mass histogram of one run: a J/psi peak over a falling background. The same run gives the same histogram."""
    chance = random.Random(run)
    counts = [0] * BINS
    for _ in range(pairs):
        mass = chance.gauss(JPSI_MASS, JPSI_WIDTH) if chance.random() < 0.25 else LOW + chance.expovariate(0.9)
        if LOW <= mass < HIGH:
            counts[int((mass - LOW) / (HIGH - LOW) * BINS)] += 1
    return counts


def add(one, other):
    return [a + b for a, b in zip(one, other)]


def merged(client, histograms):
    """Adds histograms where they are, two at a time: workers hand them to each other, and one comes back."""
    while len(histograms) > 1:
        rest = histograms[len(histograms) // 2 * 2:]
        histograms = client.map(add, histograms[0:-1:2], histograms[1::2]) + rest
    return histograms[0].result()


def draw(counts, rows=8):
    blocks = " ▁▂▃▄▅▆▇█"
    for row in reversed(range(rows)):
        levels = [min(8, max(0, count * rows * 8 // max(counts) - row * 8)) for count in counts]
        print("  │" + "".join(blocks[level] for level in levels))
    print("  └" + "─" * len(counts))
    print(f"   {LOW}{HIGH:>{len(counts) - 3}} GeV")


def main():
    arguments = argparse.ArgumentParser(description="The dimuon mass spectrum of simulated runs.")
    arguments.add_argument("--runs", type=int, default=60)
    arguments.add_argument("--pairs", type=int, default=100_000, help="muon pairs in each run")
    arguments = arguments.parse_args()

    with Client() as client:
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        print(f"{arguments.runs} runs of {arguments.pairs} muon pairs on {workers} workers", flush=True)
        runs = client.map(spectrum, range(arguments.runs), pairs=arguments.pairs)
        for done, _ in enumerate(as_completed(runs), 1):
            if sys.stderr.isatty():
                print(f"\r{done} of {len(runs)} runs", end="\n" if done == len(runs) else "", file=sys.stderr, flush=True)
        counts = merged(client, runs)

    here = spectrum(0, arguments.pairs)
    for run in range(1, arguments.runs):
        here = add(here, spectrum(run, arguments.pairs))
    if counts != here:
        sys.exit("the spectrum differs from the one computed here")
    draw(counts)
    print(f"{sum(counts)} pairs from {LOW} to {HIGH} GeV, the same as computed here")


if __name__ == "__main__":
    main()

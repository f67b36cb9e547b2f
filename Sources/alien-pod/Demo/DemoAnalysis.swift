/// The analysis of the demo, a Python program that computes on the session's Dask workers: the invariant mass of muon
/// pairs, a J/psi peak over a falling background, each task a run of its own.
enum DemoAnalysis {
    /// Prints one line of JSON for each finished task, `{"done": n, "of": tasks}`, and a last one,
    /// `{"edges": [low, high], "counts": […], "entries": n, "verified": tasks}`; ends with 1 when a result is wrong.
    static let program = #"""
        import json, random, sys
        from distributed import Client, as_completed

        LOW, HIGH, BINS = 2.0, 4.0, 40
        JPSI_MASS, JPSI_WIDTH = 3.097, 0.07

        def run(number, pairs):
            """The mass histogram of one run; the same number gives the same histogram, wherever it is made."""
            chance = random.Random(number)
            counts = [0] * BINS
            for _ in range(pairs):
                if chance.random() < 0.25:
                    mass = chance.gauss(JPSI_MASS, JPSI_WIDTH)
                else:
                    mass = LOW + chance.expovariate(0.9)
                if LOW <= mass < HIGH:
                    counts[int((mass - LOW) / (HIGH - LOW) * BINS)] += 1
            return number, counts

        scheduler, tasks, pairs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        with Client(scheduler) as client:
            futures = client.map(run, range(tasks), pairs=pairs, pure=False)
            results = {}
            for future in as_completed(futures):
                number, counts = future.result()
                if number in results:
                    sys.exit(f"run {number} came back twice")
                results[number] = counts
                print(json.dumps({"done": len(results), "of": tasks}), flush=True)

        # A few runs made again on this side must be equal to the last count.
        verified = sorted(random.Random(tasks).sample(range(tasks), min(3, tasks)))
        for number in verified:
            if run(number, pairs)[1] != results[number]:
                sys.exit(f"run {number} differs from the same run made here")
        counts = [sum(column) for column in zip(*results.values())]
        print(json.dumps({"edges": [LOW, HIGH], "counts": counts, "entries": sum(counts), "verified": len(verified)}))
        """#
}

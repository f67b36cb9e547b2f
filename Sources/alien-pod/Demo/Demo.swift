struct Demo { init(agents: Int, workers: Int, keeps: Bool) {}; func run() async throws {} }

import FuzzTargets

extension FuzzTarget {
    /// The one that the first argument names. Kept here, for libFuzzer hands nothing on to what it calls.
    static let chosen = FuzzTarget.all.first { $0.name == CommandLine.arguments.dropFirst().first }
}

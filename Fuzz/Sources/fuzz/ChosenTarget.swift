import FuzzTargets
import Glibc

extension FuzzTarget {
    /// The one that the environment's `FUZZ_TARGET` names: libFuzzer starts this program again with arguments of its own,
    /// and hands nothing on to what it calls.
    static let chosen = getenv("FUZZ_TARGET").flatMap { String(validatingCString: $0) }.flatMap { name in
        FuzzTarget.all.first { $0.name == name }
    }
}

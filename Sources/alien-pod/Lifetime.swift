import ArgumentParser

/// How long something is valid: a whole number with its unit, such as `12h`.
struct Lifetime: ExpressibleByArgument {
    /// 1 to ten years.
    let seconds: Int64

    static let longest: Int64 = 3653 * 86400

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let unit = argument.last.flatMap({ units[$0] }),
            argument.dropLast().utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let count = Int64(argument.dropLast())
        else { return nil }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow, seconds >= 1, seconds <= Self.longest else { return nil }
        self.seconds = seconds
    }
}

/// An ApMon configuration file: one destination a line, options as `xApMon_NAME = VALUE`.
public struct ApMonConfiguration: Hashable, Sendable {
    /// The longest configuration, in bytes.
    public static let largestSize = 1 << 20

    public private(set) var destinations: [ApMonDestination] = []
    /// `xApMon_maxMsgRate`: messages a second to each destination.
    public private(set) var maximumRate: Int?
    /// Lines that say nothing to us, one sentence each.
    public private(set) var warnings: [String] = []

    /// Options for data that we don't send: every ApMon knows them, so that they deserve no warning.
    private static let ignoredOptions: Set<String> = [
        "loglevel", "conf_recheck", "recheck_interval", "auto_disable", "sys_monitoring", "job_monitoring",
        "general_info", "sys_interval", "job_interval", "hostname",
    ]

    /// - Parameter source: The name of the file or URL, for errors and warnings.
    /// - Throws: ``ApMonError`` for a line that is no destination, naming source and line.
    public init(parsing text: String, source: String) throws(ApMonError) {
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number &+= 1
            let line = line.trimmingBlanks
            guard let first = line.first, first != "#" else { continue }
            if line.hasPrefix("xApMon_") {
                self.readOption(line.dropFirst("xApMon_".count), at: "\(source) line \(number)")
                continue
            }
            do {
                self.destinations.append(try ApMonDestination(parsing: String(line)))
            } catch {
                throw ApMonError("\(source) line \(number): \(error.description)")
            }
        }
    }

    private mutating func readOption(_ option: Substring, at place: String) {
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first.map({ String($0.trimmingBlanks) }), parts.count == 2, let value = parts.last else {
            self.warnings.append("\(place): expected xApMon_NAME = VALUE")
            return
        }
        if name == "maxMsgRate" {
            if let rate = Int(value.trimmingBlanks), rate > 0 {
                self.maximumRate = rate
            } else {
                self.warnings.append("\(place): xApMon_maxMsgRate: expected a number above 0")
            }
        } else if !Self.ignoredOptions.contains(name), !name.hasPrefix("sys_"), !name.hasPrefix("job_") {
            self.warnings.append("\(place): unknown option xApMon_\(name.prefix(40).printable)")
        }
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring {
        var rest = self.drop(while: \.isWhitespace)
        while let last = rest.last, last.isWhitespace {
            rest = rest.dropLast()
        }
        return rest
    }
}

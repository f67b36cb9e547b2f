import PoDCore

/// A master's or the workers' job: a template with the values of one session filled in.
public struct JobDescription: Hashable, Sendable {
    /// AliEn refuses a job that asks for more, in seconds.
    public static let longestTTL: Int64 = 86400

    public private(set) var jdl: JDL

    /// Attributes that are not the user's to set, in lower case.
    private static let own: Set<String> = ["arguments", "executable", "inputfile", "split", "ttl"]
    /// Those that were set by a method below, in lower case.
    private var filled: Set<String> = []

    /// - Parameter template: One of `alien/jdl/`, or a user's own.
    public init(template: JDL) {
        self.jdl = template
    }

    /// The job's program.
    ///
    /// - Parameter path: Of the catalogue.
    public mutating func setExecutable(_ path: String) throws(SiteError) {
        try Self.checkPath(path, of: "Executable")
        try self.fill("Executable", .text(path))
    }

    /// Files of the catalogue that are put into the job's directory.
    public mutating func setInputFiles(_ paths: [String]) throws(SiteError) {
        for path in paths {
            try Self.checkPath(path, of: "InputFile")
        }
        try self.fill("InputFile", .list(paths.map { "LF:\($0)" }))
    }

    /// How long the job may run, in seconds.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/usage`` beyond ``longestTTL``.
    public mutating func setTTL(_ seconds: Int64) throws(SiteError) {
        guard (1...Self.longestTTL).contains(seconds) else {
            throw SiteError(
                .usage, "TTL: expected 1 to \(Self.longestTTL) seconds, as AliEn takes them, found \(seconds)")
        }
        try self.fill("TTL", .number(seconds))
    }

    /// Sends the job to one CE and to no other.
    ///
    /// AliEn does not evaluate Requirements: it looks for `other.CE == "…"` in its text.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/usage`` unless it is `VO::Site::Name`.
    public mutating func setComputingElement(_ name: String) throws(SiteError) {
        let rule = SettingRule.computingElement
        guard let name = rule.canonical(name) else {
            throw SiteError(.usage, "\(ValueError("CE", found: name, expected: rule.expectation))")
        }
        try self.fill("Requirements", .expression("other.CE == \"\(name)\""))
    }

    /// Processor cores, which JAliEn knows of and AliEn does not.
    public mutating func setCores(_ count: Int) throws(SiteError) {
        try self.fill("CPUCores", .number(Int64(count)))
    }

    /// Virtual memory beyond which the JobAgent ends the job, in MiB.
    public mutating func setMemory(_ mebibytes: Int) throws(SiteError) {
        // Both read these letters as powers of 1024.
        try self.fill("Memorysize", .text("\(mebibytes)MB"))
    }

    /// Makes so many jobs of it.
    public mutating func setCount(_ count: Int) throws(SiteError) {
        guard (1...1_000_000).contains(count) else {
            throw SiteError(.usage, "count of jobs: expected 1 to 1000000, found \(count)")
        }
        try self.fill("Split", .text("production:1-\(count)"))
    }

    /// Sets attributes of the user's, in place of the template's. To be called last.
    ///
    /// - Parameter text: `Name = value;`.
    /// - Throws: ``SiteError`` with ``ExitStatus/usage`` for one that is ours, or that something else set.
    public mutating func add(_ text: String) throws(SiteError) {
        for attribute in try JDL(parsing: text).attributes {
            let name = attribute.name.lowercased()
            guard !Self.own.contains(name), !self.filled.contains(name) else {
                throw SiteError(.usage, "JDL \(attribute.name): is set already, found another in \(text.quoted)")
            }
            try self.jdl.set(attribute.name, attribute.value)
        }
    }

    private mutating func fill(_ name: String, _ value: JDLValue) throws(SiteError) {
        try self.jdl.set(name, value)
        self.filled.insert(name.lowercased())
    }

    private static func checkPath(_ path: String, of name: String) throws(SiteError) {
        guard path.hasPrefix("/") else {
            throw SiteError(.data, "JDL \(name): expected a path of the catalogue, found \(path.quoted)")
        }
    }
}

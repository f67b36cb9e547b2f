import PoDCore

/// A master's or the workers' job: a template with the values of one session filled in.
public struct JobDescription: Hashable, Sendable {
    /// AliEn refuses a job that asks for more, in seconds.
    public static let longestTTL: Int64 = 86400

    public private(set) var jdl: JDL

    /// - Parameter template: One of `alien/jdl/`, or a user's own.
    public init(template: JDL) {
        self.jdl = template
    }

    /// How long the job may run, in seconds.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/usage`` beyond ``longestTTL``.
    public mutating func setTTL(_ seconds: Int64) throws(SiteError) {
        guard (1...Self.longestTTL).contains(seconds) else {
            throw SiteError(
                .usage, "TTL: expected 1 to \(Self.longestTTL) seconds, as AliEn takes them, found \(seconds)")
        }
        try self.jdl.set("TTL", .number(seconds))
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
        try self.jdl.set("Requirements", .expression("other.CE == \"\(name)\""))
    }

    /// The words of the command line. AliEn pastes them into a line for a shell, JAliEn parts them at blanks: only words
    /// that both hand on as they are can be told.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/data``, which names the word.
    public mutating func setArguments(_ words: [String]) throws(SiteError) {
        for word in words {
            let isPlain =
                !word.isEmpty
                && word.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                    default: "_@%+=:,./-".utf8.contains(byte)
                    }
                }
            guard isPlain else {
                throw SiteError(
                    .data, "JDL Arguments: expected letters, digits and _@%+=:,./- in a word, found \(word.quoted)")
            }
        }
        // One text: in a list JAliEn drops a word that stands twice.
        try self.jdl.set("Arguments", .text(words.joined(separator: " ")))
    }

    /// Files of the catalogue that are put into the job's directory.
    public mutating func setInputFiles(_ paths: [String]) throws(SiteError) {
        for path in paths where !path.hasPrefix("/") {
            throw SiteError(.data, "JDL InputFile: expected a path of the catalogue, found \(path.quoted)")
        }
        try self.jdl.set("InputFile", .list(paths.map { "LF:\($0)" }))
    }

    /// Values that the job finds in its environment as `ALIEN_JDL_` and the name in upper case.
    public mutating func setVariables(_ variables: [(name: String, value: String)]) throws(SiteError) {
        try self.jdl.set("JDLVARIABLES", .list(variables.map(\.name)))
        for variable in variables {
            try self.jdl.set(variable.name, .text(variable.value))
        }
    }

    /// Makes so many jobs of it.
    public mutating func setCount(_ count: Int) throws(SiteError) {
        guard (1...1_000_000).contains(count) else {
            throw SiteError(.usage, "count of jobs: expected 1 to 1000000, found \(count)")
        }
        try self.jdl.set("Split", .text("production:1-\(count)"))
    }
}

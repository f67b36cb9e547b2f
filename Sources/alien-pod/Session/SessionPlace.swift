import Foundation
import PoDCore
import PoDRendezvous

/// Where a session has its files, named by the user: `NAME` for `~/.alien-pod/sessions/NAME`, or the path of a
/// directory, which has a slash in it.
struct SessionPlace: Hashable {
    /// What is used where none is named.
    static let standardName = "default"
    /// Where a session is named if not by an argument.
    static let variable = "ALIEN_POD_SESSION"

    /// What that says; `nil` where it says nothing.
    static var ofEnvironment: String? {
        ProcessInfo.processInfo.environment[self.variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// As the user says it.
    let name: String
    /// An absolute path.
    let directory: String

    var statusFile: String { "\(self.directory)/status.json" }
    var stateDirectory: String { "\(self.directory)/state" }

    /// - Throws: ``ValueError`` when it is neither a name nor a path.
    init(parsing text: String) throws(ValueError) {
        guard !text.contains("/"), text != ".", text != ".." else {
            self.init(name: text, directory: URL(fileURLWithPath: text).standardizedFileURL.path)
            return
        }
        guard Self.isName(text) else {
            throw ValueError(
                "session", found: text,
                expected: "a name of at most 64 letters, digits, '.', '_' and '-', or a path with a '/' in it")
        }
        self.init(name: text, directory: "\(Self.home)/\(text)")
    }

    /// The one that is to be made: as it is named here, or in the environment, or else ``standardName``.
    static func new(named name: String?) throws(ValueError) -> SessionPlace {
        try SessionPlace(parsing: name ?? self.ofEnvironment ?? self.standardName)
    }

    /// The one that is meant: as it is named here, or in the environment, or else ``only()``.
    static func meant(by name: String?) throws -> SessionPlace {
        try (name ?? self.ofEnvironment).map { try SessionPlace(parsing: $0) } ?? self.only()
    }

    private init(name: String, directory: String) {
        self.name = name
        self.directory = directory
    }

    /// The one that is meant where none is named: the only one that runs, or where none does, the only one there is.
    ///
    /// - Throws: ``CommandError`` that names those that it could be.
    static func only() throws(CommandError) -> SessionPlace {
        let all = self.all()
        let running = all.filter(\.isRunning)
        let candidates = running.isEmpty ? all : running
        if let only = candidates.first, candidates.count == 1 {
            return only
        }
        guard !candidates.isEmpty else {
            throw CommandError(
                .usage,
                "no session below \(self.home): expected its name or path, or \(self.variable) in the environment")
        }
        let names = candidates.map(\.name).joined(separator: ", ")
        throw CommandError(
            .usage,
            "\(running.isEmpty ? "no session runs of" : "more than one session runs:") \(names); expected its name")
    }

    /// Those below the user's home that were started and not ended by `alien-pod down`.
    private static func all() -> [SessionPlace] {
        ((try? FileManager.default.contentsOfDirectory(atPath: self.home)) ?? []).filter(self.isName).sorted().map {
            SessionPlace(name: $0, directory: "\(self.home)/\($0)")
        }.filter { place in
            [place.statusFile, SessionJobs.path(in: place)].contains { FileManager.default.fileExists(atPath: $0) }
        }
    }

    /// Those whose jobs are known.
    static func submitted() -> [SessionPlace] {
        self.all().filter { FileManager.default.fileExists(atPath: SessionJobs.path(in: $0)) }
    }

    /// Whether its master runs.
    var isRunning: Bool {
        if case .status = try? MasterStatusFile.read(self.statusFile) { true } else { false }
    }

    private static var home: String {
        let user = ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory()
        return "\(user)/.alien-pod/sessions"
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && !text.hasPrefix(".") && !text.hasPrefix("-")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

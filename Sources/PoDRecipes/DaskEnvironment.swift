import Crypto
public import Foundation
import PoDCore
import SystemPackage

/// The Python that runs Dask: one of our own, made on first use, or one that is there.
///
/// Ours stands in `$ALIEN_POD_CACHE`, else `$XDG_CACHE_HOME/alien-pod`, else `~/.cache/alien-pod`, under a name that
/// tells what is in it, so that another release of this program never pulls it from under a running daemon. It is
/// complete when its marker is there; a lock keeps two from making it at once.
public struct DaskEnvironment: Sendable {
    /// What pip is asked for: the majors that this recipe was tested with.
    private static let requirements = ["dask>=2024.5,<2027", "distributed>=2024.5,<2027"]
    /// What the scheduler's page needs, and brings with it: 150 MB that no worker node needs.
    private static let dashboardRequirements = ["bokeh>=3.1,<4"]

    /// The interpreter: a path, or a name to be looked up in PATH after the setup.
    public let python: String
    /// `nil` where the Python is not ours to make.
    private let making: Making?

    private struct Making: Sendable {
        let directory: String
        let requirements: [String]
        /// Whether the directory above was named by the user, who may have one for all.
        let isChosen: Bool
    }

    /// Our own.
    ///
    /// - Parameters:
    ///   - hasDashboard: Whether a scheduler that runs in it has its page with plots, and not only the plain ones.
    ///   - environment: Where the variables above are looked up.
    public init(
        hasDashboard: Bool = false, environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        let requirements = Self.requirements + (hasDashboard ? Self.dashboardRequirements : [])
        let chosen = environment["ALIEN_POD_CACHE"]
        let cache =
            chosen ?? environment["XDG_CACHE_HOME"].map { "\($0)/alien-pod" }
            ?? environment["HOME"].map { "\($0)/.cache/alien-pod" }
            ?? "\(NSTemporaryDirectory())/alien-pod-\(geteuid())"
        let content = SHA256.hash(data: Data(requirements.joined(separator: "\n").utf8)).prefix(4)
            .map { String(Int($0) + 0x100, radix: 16).dropFirst() }.joined()
        let directory = "\(cache)/dask-\(content)"
        self.making = Making(directory: directory, requirements: requirements, isChosen: chosen != nil)
        self.python = "\(directory)/bin/python"
    }

    /// One that is there and has Dask in it, such as an experiment's.
    public init(python: String) {
        self.python = python
        self.making = nil
    }

    /// Whether there is nothing to make, or it is made.
    var isMade: Bool {
        self.making.map { FileManager.default.fileExists(atPath: Self.marker(of: $0)) } ?? true
    }

    private static func marker(of making: Making) -> String { "\(making.directory)/complete" }

    /// Looks whether it could be made.
    ///
    /// - Returns: Where it will be.
    func surveyMaking() async throws -> String {
        _ = try await ShortCommand(command: ["python3", "-c", "import ensurepip, venv"], environment: nil).run()
        return "python3 can make \(self.making?.directory ?? self.python) on first use, with Dask from PyPI"
    }

    /// Makes it if need be.
    public func prepare(progress: @Sendable (String) -> Void) async throws {
        guard let making else { return }
        let parent = (making.directory as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard making.isChosen || Self.isOurs(parent) else {
            throw RecipeError(.noPermission, "\(parent): must belong to this user and be writable by nobody else")
        }
        let marker = Self.marker(of: making)
        guard !FileManager.default.fileExists(atPath: marker) else { return }
        let lock = try FileDescriptor.open(
            FilePath("\(making.directory).lock"), .readWrite, options: [.create, .closeOnExec],
            permissions: [.ownerReadWrite])
        defer { try? lock.close() }
        if flock(lock.rawValue, LOCK_EX | LOCK_NB) != 0 {
            progress("waiting for another process that is installing Dask")
            while flock(lock.rawValue, LOCK_EX | LOCK_NB) != 0 {
                try await Task.sleep(for: .seconds(1))
            }
        }
        guard !FileManager.default.fileExists(atPath: marker) else { return }
        progress("installing Dask from PyPI into \(making.directory), once")
        try? FileManager.default.removeItem(atPath: making.directory)
        try await Self.install(["python3", "-m", "venv", making.directory])
        try await Self.install(
            [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + making.requirements)
        guard FileManager.default.createFile(atPath: marker, contents: Data()) else {
            throw RecipeError(.cannotCreate, "can't write \(marker)")
        }
    }

    /// pip sees the whole environment, for its settings may stand there.
    private static func install(_ command: [String]) async throws {
        _ = try await ShortCommand(command: command, environment: nil, limit: .seconds(1800)).run()
    }

    /// Somebody else's directory could hold somebody else's Python.
    private static func isOurs(_ directory: String) -> Bool {
        var status = stat()
        return stat(directory, &status) == 0 && status.st_uid == geteuid() && status.st_mode & 0o022 == 0
    }
}

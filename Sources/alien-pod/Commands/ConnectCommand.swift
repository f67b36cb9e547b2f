import ArgumentParser
import Foundation
import NIOPosix
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTickets
import Subprocess
import SystemPackage
import UnixSignals

/// `alien-pod connect`: the head daemon on the user's machine.
struct ConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Lead ports of this machine to a session's head daemon.",
        discussion: """
            Opens ports on loopback, for this user only, which lead to the head daemon through the master's control \
            port; writes the user's certificate into the session's directory; prints the lines for Python. Runs until \
            SIGINT or SIGTERM, or the end of a session whose status file is here. Needs the session's state directory, \
            whose key makes the session's owner.

            With a command, `alien-pod connect SESSION -- python analysis.py`, it runs that instead of printing, and \
            ends with it and its exit code. The command finds the session by its environment: Client() of Dask without \
            arguments is one of the session's, and python is the session's, where that is on this machine.
            """)

    @Argument(help: SessionArguments.sessionHelp)
    var name: String?

    @OptionGroup var arguments: SessionArguments

    @Flag(help: "Print one line of JSON: {\"ports\":{\"scheduler\":\"127.0.0.1:…\"},\"directory\":…,\"lines\":[…]}.")
    var json = false

    @Argument(parsing: .postTerminator, help: "A command to run on the session, after --.")
    var command: [String] = []

    private var session: Session { self.arguments.session(self.name) }

    func run() async throws {
        let status = try await CommandError.reporting {
            let owner = try await self.owner()
            let ports = try await UserPorts(
                to: owner.names, master: owner.master, tls: try ChannelTLS(owner.identity, role: .peer),
                pinning: owner.identity.thumbprint, group: .singletonMultiThreadedEventLoopGroup
            ) { error in CommandLog.complain("\(owner.master) can't be reached: \(error)") }
            defer { ports.close() }
            let user = try User(owner, ports: ports.addresses)
            guard self.command.isEmpty else {
                return try await self.run(self.command, as: user)
            }
            user.report.print(asJSON: self.json)
            return await self.wait()
        }
        throw ExitCode(status)
    }

    /// Until a signal, or the end of the session.
    ///
    /// - Returns: The exit code.
    private func wait() async -> Int32 {
        await withTaskGroup(of: Int32.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                    break
                }
                return 0
            }
            if self.session.remoteAddress == nil, let statusFile = try? self.session.path {
                group.addTask {
                    await Self.waitForEnd(of: statusFile)
                    CommandLog.complain("the session has ended")
                    return ExitStatus.unavailable.rawValue
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? 0
        }
    }

    /// As long as workers wait for a master that was killed to be started again.
    private static let patience: Duration = .seconds(60)

    private static func waitForEnd(of statusFile: String) async {
        var lastSeen = ContinuousClock.now
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            if case .status = try? MasterStatusFile.read(statusFile) {
                lastSeen = .now
            }
            // A master that ends in good order takes the file along.
            if access(statusFile, F_OK) != 0 || ContinuousClock.now - lastSeen > self.patience {
                return
            }
        }
    }

    /// What the owner of a session has.
    private struct Owner {
        let master: Address
        let identity: ChannelIdentity
        /// The head daemon's ports.
        let names: [String]
        let recipe: String
        /// Where the user's certificate lies.
        let directory: String
        /// Dask's at the head.
        let python: String?
    }

    private func owner() async throws -> Owner {
        let status = try await self.session.currentStatus()
        guard let address = self.session.remoteAddress ?? status.detail("address") else {
            throw CommandError(.data, "master \(status.masterJobID): expected its address")
        }
        let state = try self.session.state
        let kept = try KeptSession(readingDirectory: state)
        let directory = "\(state)/user"
        if let authority = kept.authority {
            try DaemonFile.makeDirectories(["user"], in: state)
            try Self.certify(directory, by: authority)
        }
        return Owner(
            master: try Address(parsing: address), identity: try ChannelIdentity(kept.key),
            names: Self.ports.filter { status.detail($0) != nil }, recipe: status.detail("recipe") ?? "",
            directory: directory, python: status.detail("python"))
    }

    /// Writes the user's certificate, unless one of this authority's is there: a client that connects just now must not
    /// find another's key beside it.
    private static func certify(_ directory: String, by authority: SessionAuthority) throws {
        let credentials = try authority.credentials(named: "user")
        // The authority's certificate comes first, and is written last: where it is there, so is the rest.
        guard let last = credentials.files.first,
            (try? SmallFile.read("\(directory)/\(last.name)")) != Array(last.text.utf8)
        else { return }
        try DaemonFile.replace(credentials.files.reversed(), in: directory)
    }

    /// The ports that a head daemon may have, as its details name them.
    static let ports = ["scheduler", "dashboard"]

    /// What the user is told, or a program of the user's.
    private struct User {
        let report: ConnectionReport
        let environment: [String: String]

        init(_ owner: Owner, ports: [String: Address]) throws {
            var lines: [String] = []
            var environment: [String: String] = [:]
            if let scheduler = ports["scheduler"], owner.recipe == "dask" {
                let site = try DaemonSite(directory: owner.directory, address: scheduler)
                lines = DaskRecipe().userLines(at: site)
                environment = DaskRecipe().userEnvironment(at: site)
            }
            if let python = owner.python, python.hasPrefix("/"), access(python, X_OK) == 0 {
                let directory = URL(fileURLWithPath: python).deletingLastPathComponent().path
                let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
                environment.updateValue("\(directory):\(path)", forKey: "PATH")
            }
            self.report = ConnectionReport(
                ports: ports.sorted { $0.key < $1.key }.map { (name: $0.key, address: $0.value.description) },
                directory: owner.directory, lines: lines)
            self.environment = environment
        }
    }

    /// - Returns: The exit code, as a shell has it.
    private func run(_ command: [String], as user: User) async throws -> Int32 {
        let environment: [Environment.Key: String?] = Dictionary(
            uniqueKeysWithValues: user.environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
        let program = try Self.program(command[0], path: user.environment["PATH"])
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(15))]
        let platformOptions = options
        let running = Task {
            try await Subprocess.run(
                program, arguments: Arguments(Array(command.dropFirst())),
                environment: .inherit.updating(environment), platformOptions: platformOptions,
                input: .currentStandardInput, output: .currentStandardOutput, error: .currentStandardError
            ).terminationStatus
        }
        // A terminal's SIGINT reaches the command, too.
        let signals = Task {
            for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
                if signal != .sigint {
                    running.cancel()
                }
            }
        }
        defer { signals.cancel() }
        do {
            switch try await running.value {
            case .exited(let code): return code
            case .signaled(let signal): return 128 + signal
            }
        } catch let error as SubprocessError {
            throw CommandError(.noInput, "\(command[0]) can't be run: \(error)")
        }
    }

    /// Found in the command's own PATH.
    private static func program(_ name: String, path: String?) throws -> Executable {
        guard !name.contains("/") else { return .path(FilePath(name)) }
        let path = path ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let files: [String] = path.split(separator: ":").map { "\($0)/\(name)" }
        guard let found = files.first(where: { access($0, X_OK) == 0 }) else {
            throw CommandError(.noInput, "\(name) is not found in PATH")
        }
        return .path(FilePath(found))
    }
}

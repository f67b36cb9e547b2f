public import Foundation
import Synchronization

/// A program that a test runs beside itself, in a process group of its own, which is killed when the scope ends.
///
/// Nothing here blocks a thread, so that services of the test's own process, which answer the child, go on.
public final class ChildProcess: Sendable {
    /// How a process ended.
    public enum Ending: Hashable, Sendable {
        case exited(code: Int32)
        case signalled(Int32)
    }

    public let processID: Int32
    private let name: String
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var output: OutputFile
        var errors: OutputFile
        var ending: Ending?
    }

    /// Runs a program for the time of `body`.
    ///
    /// - Parameters:
    ///   - program: A path, or a name that `PATH` is searched for.
    ///   - arguments: Without the program's name.
    ///   - environment: All of it; by default the test's own.
    ///   - directory: The working directory; `nil` for the test's own.
    /// - Throws: ``TestKitError`` when it can't be started, else what `body` throws.
    @discardableResult
    public static func run<Result>(
        _ program: String, arguments: [String] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment, directory: String? = nil,
        isolation: isolated (any Actor)? = #isolation, _ body: (ChildProcess) async throws -> Result
    ) async throws -> Result {
        let child = try ChildProcess(program, arguments, environment, directory)
        defer { child.end() }
        return try await body(child)
    }

    private init(
        _ program: String, _ arguments: [String], _ environment: [String: String], _ directory: String?
    ) throws(TestKitError) {
        let output = try OutputFile()
        let errors = try OutputFile()
        self.name = program
        self.processID = try Self.spawn(
            // `env` changes the directory and becomes the program: it is the same process.
            (directory.map { ["/usr/bin/env", "-C", $0] } ?? []) + [program] + arguments,
            environment.map { "\($0.key)=\($0.value)" }, output: output.descriptor, errors: errors.descriptor)
        self.state = Mutex(State(output: output, errors: errors))
    }

    /// The next line of the standard output.
    ///
    /// - Returns: `nil` when the process has ended and all its lines are read.
    /// - Throws: ``TestKitError`` when no line came in time.
    public func nextLine(within limit: Duration = .patience) async throws -> String? {
        try await self.wait(limit, for: "a line") { (state) -> String?? in
            let hasEnded = self.reap(&state)
            if let line = state.output.nextLine(isComplete: hasEnded) {
                return .some(line)
            }
            return hasEnded ? .some(nil) : nil
        }
    }

    /// The first line from here on that `isWanted` takes; those before it are dropped.
    ///
    /// - Throws: ``TestKitError`` when none came in time or the process ended without one.
    public func firstLine(
        within limit: Duration = .patience, where isWanted: @Sendable (String) -> Bool
    ) async throws -> String {
        let deadline = ContinuousClock.now.advanced(by: limit)
        while let line = try await self.nextLine(within: max(.zero, deadline - .now)) {
            if isWanted(line) {
                return line
            }
        }
        throw TestKitError("\(self.name) ended without the expected line; its errors: \(self.errorText)")
    }

    /// What it wrote to its standard error until now.
    public var errorText: String {
        self.state.withLock { $0.errors.rest() }
    }

    /// Waits for the end of the process.
    ///
    /// - Throws: ``TestKitError`` when it did not end in time.
    public func ending(within limit: Duration = .patience) async throws -> Ending {
        try await self.wait(limit, for: "its end") { (state) -> Ending? in
            self.reap(&state) ? state.ending : nil
        }
    }

    /// Sends a signal, such as `SIGTERM`, to the process alone; to one that has ended, nothing is sent.
    public func send(signal: Int32) {
        self.state.withLock { state in
            // Its id can't be another process's before it is reaped, and the lock keeps it from being reaped here.
            if !self.reap(&state) {
                kill(self.processID, signal)
            }
        }
    }

    private func end() {
        self.state.withLock { state in
            // The group outlives its leader while a descendant is in it, and its number is not given away before.
            kill(-self.processID, SIGKILL)
            guard state.ending == nil else { return }
            var status: Int32 = 0
            while waitpid(self.processID, &status, 0) < 0, errno == EINTR {}
            state.ending = Self.ending(of: status)
        }
    }

    private func wait<Result: Sendable>(
        _ limit: Duration, for what: String, _ attempt: (inout State) -> Result?
    ) async throws -> Result {
        let deadline = ContinuousClock.now.advanced(by: limit)
        while true {
            let isLate = ContinuousClock.now >= deadline
            if let result = self.state.withLock({ attempt(&$0) }) {
                return result
            }
            guard !isLate else {
                throw TestKitError(
                    "\(self.name) (pid \(self.processID)) did not give \(what) within \(limit); "
                        + "its errors: \(self.errorText)")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// - Returns: Whether the process has ended.
    private func reap(_ state: inout State) -> Bool {
        guard state.ending == nil else { return true }
        var status: Int32 = 0
        if waitpid(self.processID, &status, WNOHANG) == self.processID {
            state.ending = Self.ending(of: status)
        }
        return state.ending != nil
    }

    /// The macros of `sys/wait.h`: the signal is in the low seven bits, the exit code in the next byte.
    private static func ending(of status: Int32) -> Ending {
        status & 0x7F == 0 ? .exited(code: status >> 8 & 0xFF) : .signalled(status & 0x7F)
    }
}

extension ChildProcess {
    private static func spawn(
        _ arguments: [String], _ environment: [String], output: Int32, errors: Int32
    ) throws(TestKitError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)

        keepSocketsFromChildren()
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)

        var argumentPointers = arguments.map { strdup($0) } + [nil]
        var environmentPointers = environment.map { strdup($0) } + [nil]
        defer { (argumentPointers + environmentPointers).forEach { free($0) } }
        var processID: pid_t = 0
        let result = posix_spawnp(
            &processID, arguments[0], &actions, &attributes, &argumentPointers, &environmentPointers)
        guard result == 0 else {
            throw TestKitError("\(arguments[0]) can't be started: \(String(cString: strerror(result)))")
        }
        return processID
    }
}

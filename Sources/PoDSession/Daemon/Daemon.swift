import Foundation
package import Logging
package import PoDRecipes
import Subprocess
import Synchronization
import SystemPackage

/// One daemon process in a process group of its own, which ends with us, whatever ends us.
///
/// Between us and the daemon stands a shell that holds the other end of a pipe: when that closes, because we are gone,
/// it kills the whole group, and those that left it (see ``DaemonProcesses``).
package struct Daemon: Sendable {
    private let plan: DaemonPlan
    private let directory: String
    private let name: String
    private let log: Logger

    /// From SIGTERM to SIGKILL.
    private static let grace: Duration = .seconds(5)

    /// How often it is looked whether the daemon has ended.
    private static let look: Duration = .milliseconds(100)

    private static let guardScript = """
        mark=$1
        shift
        exec 3<&0
        trap : TERM INT HUP
        \(DaemonProcesses.variable)=$mark "$@" </dev/null 3<&- &
        daemon=$!
        {
            trap '' TERM INT HUP
            cat <&3
            rounds=0
            while [ $rounds -lt 20 ]; do
                strays=$(grep -alsF "\(DaemonProcesses.variable)=$mark" /proc/[0-9]*/environ)
                [ -n "$strays" ] || break
                for stray in $strays; do
                    stray=${stray#/proc/}
                    kill -KILL "${stray%/environ}"
                done
                rounds=$((rounds + 1))
            done
            kill -KILL 0
        } >/dev/null 2>&1 &
        exec 3<&-
        while :; do
            wait "$daemon"
            status=$?
            kill -0 "$daemon" 2>/dev/null || exit "$status"
        done
        """

    package init(plan: DaemonPlan, directory: String, name: String, log: Logger) {
        self.plan = plan
        self.directory = directory
        self.name = name
        self.log = log
    }

    private static func keyed(_ environment: [String: String]) -> [Environment.Key: String] {
        Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
    }

    /// Where its output goes.
    package var logPath: String { "\(self.directory)/\(self.name).log" }

    /// Runs it to its end; cancelling the task ends it, with SIGTERM and 5 s later SIGKILL. In the end no process of it
    /// is left, whatever group or session it went to.
    ///
    /// - Parameters:
    ///   - onReady: Called once, when the recipe's probe says so.
    ///   - onStart: Called with the id of its process group.
    /// - Returns: How it ended, in words.
    package func run(
        onReady: @escaping @Sendable () async -> Void, onStart: @escaping @Sendable (Int32) async -> Void = { _ in }
    ) async throws -> String {
        var options = PlatformOptions()
        options.processGroupID = 0
        // What a cancellation does.
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: Self.grace)
        ]
        var environment = DaemonEnvironment.allowed(of: ProcessInfo.processInfo.environment)
        environment.merge(self.plan.environment) { $1 }
        let mark = DaemonProcesses.newMark()
        let log = try DaemonLog(path: self.logPath)
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", Self.guardScript, "sh", mark] + self.plan.command),
            environment: .custom(Self.keyed(environment)),
            workingDirectory: FilePath(self.directory), platformOptions: options, input: .inputWriter,
            output: .sequence, error: .combinedWithOutput
        ) { execution in
            let processes = DaemonProcesses(group: execution.processIdentifier.value, mark: mark)
            await onStart(processes.group)
            if self.plan.ready == .started {
                await onReady()
            }
            let probe = Task {
                guard case .handshake = self.plan.ready else { return }
                try await self.plan.ready.waitForAnswer()
                await onReady()
            }
            // Not cancelled with us: what it says while it ends is heard, too.
            let output = execution.standardOutput
            let reading = Task { try await self.read(output, into: log, onReady) }
            let isToEnd = StopFlag()
            let ending = Task { await Self.see(processes, toEndBy: isToEnd) }
            await withTaskCancellationHandler {
                await ending.value
            } onCancel: {
                isToEnd.set()
            }
            probe.cancel()
            _ = await probe.result
            // A process that could not be found may still write.
            let limit = Task {
                try await Task.sleep(for: Self.grace)
                reading.cancel()
            }
            defer { limit.cancel() }
            try await reading.value
        }
        return switch result.terminationStatus {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }

    private func read(
        _ output: SubprocessOutputSequence, into log: DaemonLog, _ onReady: @Sendable () async -> Void
    ) async throws {
        var lines = BoundedLines()
        var isReady = false
        for try await buffer in output {
            if Task.isCancelled {
                break
            }
            let complete = buffer.withUnsafeBytes { lines.append($0) }
            log.append(complete)
            if !isReady, case .line(let text) = self.plan.ready, complete.contains(where: { $0.contains(text) }) {
                isReady = true
                await onReady()
            }
            // There is always more to read of a daemon that prints without end.
            await Task.yield()
        }
        if let line = lines.finish() {
            log.append(line)
        }
    }

    /// Waits for the daemon's end. One that was told to end has its time; what it started goes with it.
    private static func see(_ processes: DaemonProcesses, toEndBy flag: StopFlag) async {
        var killAt: ContinuousClock.Instant?
        while !processes.hasLeaderEnded {
            if let killAt {
                if ContinuousClock.now >= killAt {
                    await processes.killAll()
                }
            } else if flag.isSet {
                killAt = .now + self.grace - self.look
            }
            try? await Task.sleep(for: self.look)
        }
        // Whoever stayed behind.
        await processes.killAll()
    }

    /// What the cancellation of a task tells to another.
    private final class StopFlag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { self.value.load(ordering: .acquiring) }
        func set() { self.value.store(true, ordering: .releasing) }
    }
}

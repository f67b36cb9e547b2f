import Subprocess
import SystemPackage

/// A program that runs beside the story: its output comes line by line, and it is stopped in good order.
///
/// It has a process group of its own, so that Ctrl-C in the terminal reaches the story alone, which then stops
/// everything in turn.
struct BackgroundProcess: Sendable {
    let name: String
    private let task: Task<TerminationStatus, any Error>

    /// - Parameter onLine: Takes each line of standard output and standard error, in the order of arrival.
    static func start(
        _ name: String, _ executable: Executable, _ arguments: [String], environment: Environment = .inherit,
        onLine: @escaping @Sendable (String) async -> Void
    ) -> BackgroundProcess {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(15))]
        let platformOptions = options
        let task = Task {
            let result = try await run(
                executable, arguments: Arguments(arguments), environment: environment,
                platformOptions: platformOptions, input: .none, output: .sequence, error: .combinedWithOutput
            ) { execution in
                // Not cancelled with us: who is told to end and still has something to say must not die of it.
                let output = execution.standardOutput
                try await Task {
                    for try await line in output.strings() {
                        await onLine(line)
                    }
                }.value
            }
            return result.terminationStatus
        }
        return BackgroundProcess(name: name, task: task)
    }

    /// SIGTERM, 15 s, SIGKILL; returns when the process is gone.
    func stop() async {
        self.task.cancel()
        _ = await self.task.result
    }

    /// Waits for its end.
    func end() async throws -> TerminationStatus {
        try await self.task.value
    }
}

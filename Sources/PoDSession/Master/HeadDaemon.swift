import PoDCore
import PoDRecipes
import ServiceLifecycle

/// The daemon beside the master. A master without it is none, so its end is the session's.
struct HeadDaemon: Sendable {
    private let running: Task<String, any Error>
    private let ready: AsyncStream<Void>
    private let logPath: String

    /// Starts it.
    init(_ daemon: Daemon) {
        let (ready, isReady) = AsyncStream<Void>.makeStream()
        self.ready = ready
        self.logPath = daemon.logPath
        self.running = Task {
            defer { isReady.finish() }
            return try await daemon.run { isReady.yield() }
        }
    }

    /// Waits until it is ready.
    ///
    /// - Returns: False when the session is to end before that.
    /// - Throws: ``RecipeError`` when it ended instead.
    func isReady() async throws -> Bool {
        for await _ in self.ready.cancelOnGracefulShutdown() {
            return true
        }
        if Task.isShuttingDownGracefully {
            return false
        }
        try await self.end()
        return false
    }

    /// Waits until it has ended; cancelling the wait ends it.
    ///
    /// - Throws: ``RecipeError`` that says how, always, unless the task was cancelled.
    func end() async throws {
        let result = await withTaskCancellationHandler {
            await self.running.result
        } onCancel: {
            self.running.cancel()
        }
        try Task.checkCancellation()
        switch result {
        case .success(let how):
            throw RecipeError(.unavailable, "the head daemon ended: \(how), see \(self.logPath)")
        case .failure(let error):
            throw RecipeError(.unavailable, "the head daemon can't run: \(error)")
        }
    }

    /// Ends it.
    func stop() async {
        self.running.cancel()
        _ = await self.running.result
    }
}

import Foundation
import PoDCore
import PoDRendezvous
import Subprocess
import UnixSignals

/// The story of the demo: advertise → enough → silence → loss → advertise → replaced, around a real computation.
struct Demo: Sendable {
    private static let masterJobID = "1234567890"
    /// Tasks of the analysis, and muon pairs in each: about ten seconds on two cores.
    private static let tasks = 60
    private static let pairs = 150_000

    private let agents: Int
    private let workers: Int
    private let keeps: Bool
    private let screen = DemoScreen()

    init(agents: Int, workers: Int, keeps: Bool) {
        self.agents = agents
        self.workers = workers
        self.keeps = keeps
    }

    /// Plays it; Ctrl-C ends it at any moment, and everything that it started.
    func run() async throws {
        let story = Task { try await self.play() }
        let signals = Task {
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                await self.screen.note("stopping everything")
                story.cancel()
            }
        }
        defer { signals.cancel() }
        do {
            try await story.value
        } catch let error as CommandError {
            throw error.reported()
        } catch is CancellationError {
            throw CommandError(.temporary, "the demo was interrupted").reported()
        }
    }

    private func play() async throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("alien-pod-demo-\(ProcessInfo.processInfo.processIdentifier)").path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let stage = DemoStage(
            installation: try Installation(), directory: directory,
            keys: try DemoKeys(in: directory, workers: self.workers), screen: self.screen)
        let outcome = await Task { try await self.play(on: stage) }.resultCancelling()
        await stage.clear()
        try? FileManager.default.removeItem(atPath: directory)
        try outcome.get()
        await self.screen.done("everything is stopped")
        await self.screen.summary()
    }

    private func play(on stage: DemoStage) async throws {
        let urls = try await stage.startMonitor()
        await self.screen.done("monitor", "datagrams to \(urls.udp), answers at \(urls.http)")

        try await stage.startMaster(
            Self.masterJobID, workers: self.workers, agents: self.agents, repository: urls.http)
        let start = try await stage.status { $0.phase == .running && !$0.parameters.isEmpty }
        await self.screen.done("master", "job \(Self.masterJobID), scheduler \(start.detail("scheduler") ?? "none")")

        try await stage.startPublisher(destination: urls.udp)
        try await stage.advertised(at: urls.http) { $0 == self.workers }
        await self.screen.done("advertised", "MonALISA shows the master, signed, who wants \(self.workers) workers")

        try await stage.startAgents(self.agents, repository: urls.http)
        _ = try await stage.status { $0.workers.registered == self.workers }
        await self.screen.done("enough", "\(self.workers) workers registered, of \(self.agents) JobAgents")
        try await stage.advertised(at: urls.http) { $0 == 0 }
        await self.screen.done("silence", "the advertisement is withdrawn")

        try await self.compute(on: stage, http: urls.http, status: start)

        let idle = await stage.agentsWithoutWorker
        await self.screen.note("\(idle) of \(self.agents) JobAgents never had a worker: no slot was given twice")
        if self.keeps {
            await self.screen.note("Ctrl-C ends it; the scheduler is \(start.detail("scheduler") ?? "none")")
            try await Task.sleep(for: .seconds(86400))
        }
    }

    /// The analysis, with one worker killed midway.
    private func compute(on stage: DemoStage, http: String, status: MasterStatus) async throws {
        let analysis = try await stage.startAnalysis(
            python: status.detail("python") ?? "", scheduler: status.detail("scheduler") ?? "",
            credentials: status.detail("credentials") ?? "", tasks: Self.tasks, pairs: Self.pairs)
        try await stage.analysis(hasDone: Self.tasks / 3)
        let victim = try await stage.killOneWorker()
        await self.screen.done("killed", "worker \(victim), with \(Self.tasks / 3) of \(Self.tasks) tasks done")

        _ = try await stage.status { $0.workers.leased < self.workers }
        await self.screen.done("lost", "its slot is free")
        try await stage.advertised(at: http) { $0 > 0 }
        await self.screen.done("advertised again", "MonALISA shows a free slot")
        _ = try await stage.status { $0.workers.registered == self.workers }
        await self.screen.done("replaced", "\(self.workers) workers again")

        guard try await analysis.end() == .exited(0), let result = await stage.analysisResult else {
            throw CommandError(.software, "the analysis failed: \(await stage.lastAnalysisLine)")
        }
        await self.screen.done(
            "computed",
            "\(result.histogram.entries) muon pairs, \(result.verifiedTasks) tasks checked against the same made here")
        await self.screen.draw(result.histogram.drawn(rows: 8))
    }
}

extension Task where Failure == any Error {
    /// Waits for the end, cancelling this task when the waiting one is cancelled.
    fileprivate func resultCancelling() async -> Result<Success, Failure> {
        await withTaskCancellationHandler {
            await self.result
        } onCancel: {
            self.cancel()
        }
    }
}

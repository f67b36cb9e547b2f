import Foundation
import PoDCore
import PoDRecipes
import PoDSession
import PoDTestKit
import Testing

/// A worker whose daemon fails, is started again, is asked for, or is of no use; with real processes.
@Suite(.timeLimit(.minutes(10)))
struct WorkerFaultTests {
    @Test("kill -9 of the daemon, starting or registered: started again, then given up with reason and log")
    func daemonKilled() async throws {
        for isReady in [false, true] {
            let recipe = TestRecipe(
                workerScript: "echo run; echo $$ > ../pid; \(isReady ? "echo ready;" : "") exec sleep 600")
            try await ScriptedMaster.with { master in
                async let worker = master.worker(recipe) { $0.limits.restarts = 1 }
                var killed: [Int32] = []
                for run in 0...1 {
                    var process: Int32?
                    try await eventually("daemon \(run) runs") {
                        process = master.line(of: "pid").flatMap { Int32($0) }
                        return process.map { !killed.contains($0) } == true
                            && (!isReady || master.registrations > run)
                            && master.heartbeats.contains { $0.restarts == run }
                    }
                    let victim = try #require(process)
                    #expect(kill(victim, SIGKILL) == 0)
                    killed.append(victim)
                }
                let end = try await worker
                #expect(end == WorkerService.End(exitCode: 75, reason: "the daemon ended: exit code 137"))
                try await eventually("it says goodbye") { master.goodbye != nil }
                #expect(master.goodbye?.reason == end.reason)
                #expect(master.goodbye?.log.filter { $0 == "run" }.count == 2)
                let last = try #require(master.heartbeats.last)
                #expect(last.daemon == (isReady ? "ready" : "starting"))
                #expect(last.reason == "exit code 137")
            }
        }
    }

    @Test("in the end nothing is left but the log")
    func leavesTheLog() async throws {
        let recipe = TestRecipe(workerScript: "echo > file; mkdir -p a/b; echo > a/b/c; echo ready; exec sleep 600")
        try await ScriptedMaster.with { master in
            async let worker = master.worker(recipe)
            try await eventually("it is registered") { master.registrations == 1 }
            master.say(.stop(reason: "enough"))
            #expect(try await worker == WorkerService.End(exitCode: 0, reason: "enough"))
            try await eventually("it says goodbye") { master.goodbye != nil }
            // No failure, no log.
            #expect(master.goodbye?.log == [])
            let work = master.directory.appendingPathComponent("worker").path
            let files = try FileManager.default.subpathsOfDirectory(atPath: work).sorted()
            #expect(files == ["logs", "logs/5.1.log"])
        }
    }

    @Test("a restart that the master wants: the same lease and directory, and no failure")
    func restarted() async throws {
        let recipe = TestRecipe(workerScript: "echo x >> starts; echo ready; exec sleep 600")
        try await ScriptedMaster.with { master in
            async let worker = master.worker(recipe)
            try await eventually("it is registered") { master.registrations == 1 }
            master.say(.restart)
            try await eventually("it is registered again") { master.registrations == 2 }
            try await eventually("it says so") {
                master.heartbeats.contains { $0.daemon == "ready" && $0.restarts == 1 }
            }
            let starts = master.directory.appendingPathComponent("worker/5.1/starts").path
            #expect(try String(contentsOfFile: starts, encoding: .utf8) == "x\nx\n")
            master.say(.stop(reason: "enough"))
            #expect(try await worker == WorkerService.End(exitCode: 0, reason: "enough"))
        }
    }

    @Test("a restart that the master wants while the daemon is prepared")
    func restartedEarly() async throws {
        let recipe = TestRecipe(preparation: .milliseconds(700))
        try await ScriptedMaster.with { master in
            async let worker = master.worker(recipe)
            try await eventually("it is starting") { master.heartbeats.contains { $0.daemon == "starting" } }
            master.say(.restart)
            try await eventually("it is registered") { master.registrations == 1 }
            try await eventually("it was started twice") { master.heartbeats.contains { $0.restarts == 1 } }
            master.say(.stop(reason: "enough"))
            #expect(try await worker == WorkerService.End(exitCode: 0, reason: "enough"))
        }
    }

    @Test("the log's last lines on demand, in a line that fits, whatever they hold")
    func logs() async throws {
        let line = String(repeating: "\"\\", count: 300)
        let recipe = TestRecipe(
            workerScript: "for i in $(seq 1000); do printf '%s\\n' '\(line)'; done; echo ready; echo é; exec sleep 600")
        try await ScriptedMaster.with { master in
            async let worker = master.worker(recipe)
            try await eventually("it is registered") { master.registrations == 1 }
            try await eventually("the last two lines come") {
                master.say(.logs(request: 7, lines: 2))
                return master.heard.contains(.log(request: 7, lines: ["ready", "é"]))
            }
            master.say(.logs(request: 8, lines: 1000))
            try await eventually("many lines come") {
                master.heard.contains { if case .log(8, let lines) = $0 { lines.count > 30 } else { false } }
            }
            #expect(master.longestLine < 60 << 10)
            master.say(.stop(reason: "enough"))
            _ = try await worker
        }
    }

    @Test("heartbeats tell load and memory of a daemon that works")
    func health() async throws {
        let recipe = TestRecipe(workerScript: "echo ready; while :; do :; done")
        try await ScriptedMaster.with { master in
            async let worker = master.worker(recipe) { $0.idleTimeout = .seconds(30) }
            try await eventually("load and memory come") {
                master.heartbeats.contains { health in
                    health.daemon == "ready" && health.load ?? 0 > 0.05 && health.residentBytes ?? 0 > 100_000
                }
            }
            #expect(master.heartbeats.allSatisfy { $0.restarts == 0 && $0.reason == nil })
            master.say(.stop(reason: "enough"))
            _ = try await worker
        }
    }

    @Test("a daemon that nobody uses ends its worker")
    func idle() async throws {
        try await ScriptedMaster.with { master in
            let end = try await master.worker(TestRecipe()) { $0.idleTimeout = .seconds(2) }
            #expect(end.exitCode == 0)
            #expect(end.reason.wholeMatch(of: #/idle for \d+ s/#) != nil, "\(end.reason)")
        }
    }

    @Test("the JobAgent's time ends the worker")
    func timeToLive() async throws {
        try await ScriptedMaster.with { master in
            let end = try await master.worker(TestRecipe()) { $0.limits.timeToLive = .seconds(4) }
            #expect(end == WorkerService.End(exitCode: 0, reason: "the JobAgent's time is nearly over"))
        }
    }

    @Test("a work directory on a full disk", .enabled(if: SmallDisk.isAvailable, "only root can mount a tmpfs"))
    func fullDisk() async throws {
        // Filled by the daemon, and full before.
        try await SmallDisk.withAsync(bytes: 512 << 10) { disk in
            let filling = TestRecipe(workerScript: "echo ready; cat /dev/zero > filler; exit 3")
            try await ScriptedMaster.with { master in
                let end = try await master.worker(filling, work: disk) { $0.limits.restarts = 3 }
                let reason = "the daemon ended: exit code 3, and its disk is full"
                #expect(end == WorkerService.End(exitCode: 75, reason: reason))
                try await eventually("the master knows") { master.goodbye?.reason == reason }
            }
            let files = [DaemonFile(name: "daemon.conf", text: String(repeating: "x\n", count: 20_000))]
            try SmallDisk.fill(disk)
            try await ScriptedMaster.with { master in
                let end = try await master.worker(TestRecipe(files: files), work: disk) { $0.limits.restarts = 3 }
                #expect(end.exitCode == 75)
                #expect(end.reason.hasPrefix("the daemon can't run: can't write "), "\(end.reason)")
                #expect(end.reason.contains("No space left on device"), "\(end.reason)")
                try await eventually("the master knows") { master.goodbye?.reason == end.reason }
            }
        }
    }

    @Test("a work directory that can't be made")
    func noDirectory() async throws {
        try await ScriptedMaster.with { master in
            let end = try await master.worker(TestRecipe(), work: "/dev/null/worker")
            #expect(end.exitCode == 75)
            #expect(end.reason.hasPrefix("the daemon can't run: can't make directory"), "\(end.reason)")
        }
    }
}

extension SmallDisk {
    /// Runs `body` with the path of its root, mode 0700.
    static func withAsync(bytes: Int, _ body: (String) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path
            guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes),mode=0700") == 0 else {
                throw TestKitError("no tmpfs can be mounted: \(String(cString: strerror(errno)))")
            }
            defer { umount2(path, Int32(MNT_DETACH)) }
            try await body(path)
        }
    }
}

import Foundation
import PoDTestKit
import Testing

/// A master, its publisher and its workers as processes, and what becomes of them when one is killed.
@Suite(.timeLimit(.minutes(10)))
struct SessionTests {
    /// Workers that run a command as their daemon.
    private static let recipe = ["--recipe", "command", "--command", "true"]

    private static func worker(_ info: URL, _ name: String, command: [String] = ["sleep", "600"]) -> [String] {
        let directory = info.deletingLastPathComponent().appendingPathComponent(name).path
        return ["worker", "--server-info", info.path, "--directory", directory, "--recipe", "command", "--command"]
            + command
    }

    @Test("no slot is given twice, and a lost worker's is advertised again")
    func slots() async throws {
        try await Products.withMaster(workers: 1, Self.recipe) { _, status, info in
            try await ChildProcess.run(Products.alienPod, arguments: Self.worker(info, "first")) { first in
                try await eventually("the worker is registered") { SessionStatus(at: status)?.workers.registered == 1 }
                try await eventually("nothing more is advertised") {
                    SessionStatus(at: status)?.advertisement.contains { $0.name == "Address" } == false
                }
                let second = try await Products.run(Self.worker(info, "second"))
                #expect(second.ending == .exited(code: 69))
                #expect(second.lines == ["worker ended: every slot is taken"])

                first.send(signal: SIGKILL)
                try await eventually("the slot is free and advertised") {
                    let now = SessionStatus(at: status)
                    return now?.workers.leased == 0 && now?.advertisement.contains { $0.name == "Address" } == true
                }
            }
        }
    }

    @Test("a worker's daemon ends with the worker, kill -9 included")
    func daemonsEnd() async throws {
        try await Products.withMaster(workers: 1, Self.recipe) { _, status, info in
            // A time to sleep that no other process has.
            let mark = "86\(UInt32.random(in: 100_000...999_999))"
            let arguments = Self.worker(info, "first", command: ["sleep", mark])
            try await ChildProcess.run(Products.alienPod, arguments: arguments) { worker in
                try await eventually("the daemon runs") { Self.isRunning("sleep", mark) }
                worker.send(signal: SIGKILL)
                try await eventually("the daemon is gone") { !Self.isRunning("sleep", mark) }
            }
        }
    }

    @Test("kill -9 of the JobAgent leaves nothing behind but the log of its worker's daemon")
    func jobAgentKilled() async throws {
        try await Products.withMaster(workers: 1, Self.recipe) { _, status, info in
            let mark = "86\(UInt32.random(in: 100_000...999_999))"
            let worker = Self.worker(info, "first", command: try Self.thatForksAway(mark, info))
            let script = #""$@" & echo $!; wait"#
            let arguments = ["-c", script, "sh", Products.alienPod] + worker
            try await ChildProcess.run("sh", arguments: arguments) { agent in
                let process = try #require(try await agent.nextLine().flatMap { Int32($0) })
                try await eventually("the daemon runs") { Self.isRunning("sleep", mark) }
                try await eventually("the worker is registered") { SessionStatus(at: status)?.workers.registered == 1 }
                agent.send(signal: SIGKILL)
                try await eventually("the worker is gone") { !isAlive(process) }
                #expect(!Self.isRunning("sleep", mark))
                let directory = info.deletingLastPathComponent().appendingPathComponent("first").path
                #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["logs"])
            }
        }
    }

    @Test("kill -9 of a worker: what its daemon forked away ends, and the next worker tidies up")
    func workerKilled() async throws {
        try await Products.withMaster(workers: 1, Self.recipe) { _, status, info in
            let mark = "86\(UInt32.random(in: 100_000...999_999))"
            let worker = Self.worker(info, "first", command: try Self.thatForksAway(mark, info))
            let directory = info.deletingLastPathComponent().appendingPathComponent("first").path
            try await ChildProcess.run(Products.alienPod, arguments: worker) { worker in
                try await eventually("the daemon runs") { Self.isRunning("sleep", mark) }
                try await eventually("the worker is registered") { SessionStatus(at: status)?.workers.registered == 1 }
                worker.send(signal: SIGKILL)
                try await eventually("the daemon is gone") { !Self.isRunning("sleep", mark) }
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(left.count == 1)
            try await eventually("the slot is free") { SessionStatus(at: status)?.workers.leased == 0 }
            try await ChildProcess.run(Products.alienPod, arguments: worker) { _ in
                try await eventually("the next worker has another directory") {
                    let now = try FileManager.default.contentsOfDirectory(atPath: directory)
                    return now.count == 1 && now != left
                }
            }
        }
    }

    @Test("SIGTERM ends the session: workers leave, the status file goes")
    func sessionEnds() async throws {
        try await Products.withMaster(workers: 1, Self.recipe) { master, status, info in
            try await ChildProcess.run(Products.alienPod, arguments: Self.worker(info, "first")) { worker in
                try await eventually("the worker is registered") { SessionStatus(at: status)?.workers.registered == 1 }
                master.send(signal: SIGTERM)
                #expect(try await worker.ending() == .exited(code: 0))
                #expect(try await master.ending() == .exited(code: 0))
                #expect(!FileManager.default.fileExists(atPath: status.path))
            }
        }
    }

    @Test("no advertisement outlives its master: kill -9, and the publisher stops")
    func publisherStops() async throws {
        try await Products.withMonitor { udp, _ in
            try await Products.withMaster(workers: 1, Self.recipe) { master, status, _ in
                let arguments = ["publish", "--status-file", status.path, "--destination", udp]
                try await ChildProcess.run(Products.alienPod, arguments: arguments) { publisher in
                    try await Task.sleep(for: .seconds(1))
                    master.send(signal: SIGKILL)
                    let line = try await publisher.nextLine()
                    #expect(line?.contains("nobody holds the lock") == true)
                    #expect(try await publisher.ending() == .exited(code: 0))
                }
            }
        }
    }

    /// A daemon that starts `sleep MARK` in a session of its own, as nobody's child.
    private static func thatForksAway(_ mark: String, _ info: URL) throws -> [String] {
        let script = info.deletingLastPathComponent().appendingPathComponent("daemon.sh")
        try "(setsid sleep $1 &)\nexec sleep 600\n".write(to: script, atomically: true, encoding: .utf8)
        return ["sh", script.path, mark]
    }

    private static func isRunning(_ program: String, _ argument: String) -> Bool {
        let wanted = "\(program)\0\(argument)\0"
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.contains { process in
            FileManager.default.contents(atPath: "/proc/\(process)/cmdline") == Data(wanted.utf8)
        }
    }
}

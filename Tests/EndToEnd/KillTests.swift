import Foundation
import PoDCore
import PoDTestKit
import Testing

/// kill -9 of master, worker and daemon, whatever the worker is doing: the counts are right, the slot is given again,
/// nothing is left running, and the user can read why.
@Suite(.timeLimit(.minutes(15))) struct KillTests {
    @Test("kill -9 of a worker", arguments: KillRig.State.allCases)
    func worker(state: KillRig.State) async throws {
        try await KillRig.with(state) { rig, _, worker, lease in
            worker.send(signal: SIGKILL)
            try await eventually("the daemon is gone") { !rig.daemonRuns }
            try await eventually("the slot is free") { rig.status?.workers.leased == 0 }
            #expect(try await rig.problems() == ["its connection was lost"])
            rig.relay.send(signal: SIGUSR2)
            try await rig.takesAnother()
        }
    }

    @Test("kill -9 of a worker that has connected and not claimed yet")
    func claimingWorker() async throws {
        try await KillRig.with { rig, master in
            master.send(signal: SIGSTOP)
            try await rig.withWorker(.registered) { worker in
                _ = try await rig.relay.firstLine { $0 == "accepted" }
                worker.send(signal: SIGKILL)
                _ = try await worker.ending()
            }
            master.send(signal: SIGCONT)
            try await rig.takesAnother()
            #expect(try await rig.problems() == [])
        }
    }

    @Test("kill -9 of a daemon", arguments: KillRig.State.allCases)
    func daemon(state: KillRig.State) async throws {
        try await KillRig.with(state) { rig, _, worker, lease in
            let daemon = try #require(rig.daemon)
            #expect(kill(daemon, SIGKILL) == 0)
            guard state != .leaving else {
                #expect(try await worker.ending() == .exited(code: 0))
                try await eventually("the slot is free") { rig.status?.workers.leased == 0 }
                #expect(!rig.daemonRuns)
                #expect(try await rig.problems() == [])
                return try await rig.takesAnother()
            }
            try await eventually("it is started again") { rig.daemon.map { $0 != daemon } == true && rig.daemonRuns }
            rig.relay.send(signal: SIGUSR2)
            try await eventually("the user knows") {
                let view = try await rig.workers().first
                return view?["restarts"]?.integer == 1 && view?["reason"]?.string == "exit code 137"
            }
            let view = try await rig.workers().first
            #expect(view?["lease"]?.string == lease)
            #expect(view?["state"]?.string == (state == .starting ? "starting" : "registered"))
            _ = try await rig.ask("workers", "stop", lease)
            #expect(try await worker.ending() == .exited(code: 0))
            #expect(!rig.daemonRuns)
            try await eventually("the slot is free") { rig.status?.workers.leased == 0 }
        }
    }

    @Test("kill -9 of the master: the next takes the worker back as it is", arguments: KillRig.State.allCases)
    func master(state: KillRig.State) async throws {
        try await KillRig.with(state) { rig, master, worker, lease in
            let daemon = try #require(rig.daemon)
            master.send(signal: SIGKILL)
            _ = try await master.ending()
            try await ChildProcess.run(Products.alienPod, arguments: KillRig.master(rig.directory)) { second in
                _ = try await second.firstLine { $0.hasPrefix("master 77 at ") }
                rig.relay.send(signal: SIGUSR2)
                if state == .leaving {
                    #expect(try await worker.ending() == .exited(code: 0))
                    try await eventually("the slot is free") {
                        rig.status?.workers.leased == 0
                    }
                    #expect(try await rig.problems() == ["it did not come back after the master's restart"])
                    return try await rig.takesAnother()
                }
                try await eventually("the worker is back") {
                    let view = try await rig.workers().first
                    return view?["pid"]?.integer == Int64(worker.processID)
                }
                let back = try await rig.workers()
                #expect(back.map { $0["lease"]?.string } == [lease])
                if state == .starting {
                    #expect(rig.status?.workers.registered == 0 && rig.status?.workers.leased == 1)
                } else {
                    try await eventually("it is registered") { rig.status?.workers.registered == 1 }
                }
                #expect(rig.daemon == daemon && rig.daemonRuns)
                _ = try await rig.ask("workers", "stop", lease)
                #expect(try await worker.ending() == .exited(code: 0))
                #expect(!rig.daemonRuns)
                try await eventually("the slot is free") { rig.status?.workers.leased == 0 }
            }
        }
    }

    @Test("SIGSTOP of a worker for long: its slot is free, and it ends when it wakes")
    func stoppedWorker() async throws {
        try await KillRig.with(.registered) { rig, _, worker, _ in
            worker.send(signal: SIGSTOP)
            try await eventually("the slot is free") { rig.status?.workers.leased == 0 }
            #expect(try await rig.problems() == ["it was silent for 45 s"])
            worker.send(signal: SIGCONT)
            #expect(try await worker.ending() == .exited(code: 69))
            #expect(!rig.daemonRuns)
            try await rig.takesAnother()
        }
    }

    @Test("SIGSTOP of the master for a while: nothing is lost")
    func stoppedMaster() async throws {
        try await KillRig.with(.registered) { rig, master, worker, lease in
            let daemon = rig.daemon
            master.send(signal: SIGSTOP)
            try await Task.sleep(for: .seconds(16))
            master.send(signal: SIGCONT)
            let workers = try await rig.workers()
            #expect(workers.map { $0["lease"]?.string } == [lease])
            #expect(workers.map { $0["state"]?.string } == ["registered"])
            #expect(rig.daemon == daemon && rig.daemonRuns)
            #expect(try await rig.problems() == [])
        }
    }

    @Test("more connections than a master has descriptors for: some are left, and it takes workers after it")
    func descriptors() async throws {
        try await TemporaryDirectory.with { directory in
            let arguments = ["-c", "ulimit -n 128; exec \"$@\"", "sh", Products.alienPod] + KillRig.master(directory)
            try await ChildProcess.run("sh", arguments: arguments) { master in
                let line = try await master.firstLine { $0.hasPrefix("master 77 at ") }
                let port = try #require(line.split { !$0.isNumber }.dropFirst(5).first)
                let crowd = """
                    import select, socket, time
                    crowd = [socket.create_connection(("127.0.0.1", \(port))) for _ in range(200)]
                    # Half of the descriptors are for strangers: the others are sent away.
                    while len(select.select(crowd, [], [])[0]) < 200 - 64:
                        time.sleep(0.1)
                    print("there", flush=True)
                    time.sleep(600)
                    """
                try await ChildProcess.run("python3", arguments: ["-c", crowd]) { crowd in
                    #expect(try await crowd.nextLine() == "there")
                    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(master.processID)/fd")
                    #expect(open.count < 128)
                    // Longer than it may go without writing its status file.
                    try await Task.sleep(for: .seconds(7))
                }
                let status = directory.appendingPathComponent("status.json")
                let info = directory.appendingPathComponent("info.json")
                try Products.writeServerInfo(of: status, to: info)
                let worker = [
                    "worker", "--server-info", info.path, "--directory", directory.appendingPathComponent("w").path,
                    "--recipe", "command", "--command", "sleep", "600",
                ]
                try await ChildProcess.run(Products.alienPod, arguments: worker) { _ in
                    try await eventually("a worker is registered") {
                        SessionStatus(at: status)?.workers.registered == 1
                    }
                }
            }
        }
    }
}

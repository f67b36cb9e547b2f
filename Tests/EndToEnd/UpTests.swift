import Foundation
import PoDCore
import PoDTestKit
import Testing

/// `alien-pod up` and `down` on this machine, with workers that run a command.
@Suite(.timeLimit(.minutes(10)))
struct UpTests {
    @Test("up starts all, every command finds the session without a name, and down leaves nothing")
    func upAndDown() async throws {
        try await SessionHome.with { home in
            let processes = try await home.up()
            let status = try await home.run(["status"])
            #expect(status.lines.contains("workers: 2 registered, 2 leased, 2 wanted"), "\(status.errors)")
            let workers = try await home.run(["workers", "list", "--json"])
            let list = try JSONValue(parsing: Array(workers.lines.joined().utf8))["workers"]?.array ?? []
            #expect(list.map { $0["state"]?.string } == ["registered", "registered"])
            #expect(try await home.run(["connect", "--", "sh", "-c", "exit 7"]).ending == .exited(code: 7))

            let again = try await home.run(["up", "-n", "1"])
            #expect(again.ending == .exited(code: 75))
            #expect(again.errors.contains("session default is up already"))
            #expect(processes.allRun)
            let mode = try FileManager.default.attributesOfItem(atPath: home.path(of: "default").path)
            #expect(mode[.posixPermissions] as? Int == 0o700)

            let down = try await home.run(["down"])
            #expect(down.ending == .exited(code: 0), "\(down.errors)")
            #expect(down.lines == ["session default is down"])
            #expect(processes.haveEnded)
            #expect(home.allProcesses == [])
            #expect(!FileManager.default.fileExists(atPath: home.path(of: "default").path))
        }
    }

    @Test("of several sessions that run, one is to be named; what else is in a session's directory stays")
    func severalSessions() async throws {
        try await SessionHome.with { home in
            let one = try await home.up("one", workers: 1)
            let directory = home.directory.appendingPathComponent("two").path
            let two = try await home.run(
                ["up", directory, "-n", "0", "--recipe", "command", "--command", "true"])
            #expect(two.ending == .exited(code: 0), "\(two.errors)")
            // One in a directory of the user's choice is never the one that is meant.
            #expect(try await home.run(["status"]).ending == .exited(code: 0))
            let three = try await home.up("three", workers: 1)

            for command in [["status"], ["workers"], ["connect"], ["down"]] {
                let unnamed = try await home.run(command)
                #expect(unnamed.ending == .exited(code: 64))
                #expect(unnamed.errors.contains("more than one session runs: one, three"), "\(unnamed.errors)")
            }
            for name in ["one", directory] {
                #expect(try await home.run(["status", name]).ending == .exited(code: 0))
                #expect(try await home.run(["workers", "--session", name]).ending == .exited(code: 0))
            }

            let notes = "\(directory)/notes.txt"
            #expect(FileManager.default.createFile(atPath: notes, contents: nil))
            for name in ["one", directory] {
                let down = try await home.run(["down", name])
                #expect(down.lines == ["session \(name) is down"], "\(down.errors)")
            }
            #expect(one.haveEnded)
            #expect(three.allRun)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["notes.txt"])
            #expect(try await home.run(["status"]).ending == .exited(code: 0))
        }
    }

    @Test("a worker that does not end is killed, with its daemon")
    func stubbornWorker() async throws {
        try await SessionHome.with { home in
            let processes = try await home.up()
            kill(processes[1].processID, SIGSTOP)
            let down = try await home.run(["down"])
            #expect(down.ending == .exited(code: 0))
            #expect(down.errors.contains("worker \(processes[1].id) did not end: killed"), "\(down.errors)")
            #expect(processes.haveEnded)
        }
    }

    @Test("where the master was killed, status says so, up refuses, and down ends the workers")
    func masterKilled() async throws {
        try await SessionHome.with { home in
            let processes = try await home.up()
            kill(processes[0].processID, SIGKILL)
            try await eventually("the master is gone") { !processes[0].isRunning }
            #expect(try await home.run(["status"]).ending == .exited(code: 69))
            #expect(try await home.run(["up", "-n", "1"]).ending == .exited(code: 75))
            #expect(try await home.run(["down"]).ending == .exited(code: 0))
            #expect(processes.haveEnded)
        }
    }

    @Test("a session that ended by itself makes room for the next of its name")
    func endedByItself() async throws {
        try await SessionHome.with { home in
            let first = try await home.up()
            kill(first[0].processID, SIGTERM)
            try await eventually("the session has ended") { first.haveEnded }
            let second = try await home.up()
            #expect(Set(second.map(\.id)).isDisjoint(with: first.map(\.id)))
        }
    }

    @Test("a process that has the number of one of the session's is left alone")
    func numberOfAnother() async throws {
        try await SessionHome.with { home in
            let session = home.path(of: "default")
            try FileManager.default.createDirectory(at: session, withIntermediateDirectories: true)
            try await ChildProcess.run("sleep", arguments: ["600"]) { other in
                let job = #"{"kind":"worker","backend":"local","id":"\#(other.processID).1","name":"x","count":1}"#
                try Data(#"{"jobs":[\#(job)]}"#.utf8).write(to: session.appendingPathComponent("jobs.json"))
                #expect(try await home.run(["down"]).ending == .exited(code: 0))
                #expect(kill(other.processID, 0) == 0)
            }
        }
    }

    @Test("what fails is told with the end of its log, and nothing is left running")
    func failures() async throws {
        try await SessionHome.with { home in
            let script = home.directory.appendingPathComponent("fails.sh")
            try Data("echo no data here; exit 3\n".utf8).write(to: script)
            let worker = ["--recipe", "command", "--ready-text", "never", "--command", "sh", script.path]
            let cases: [(arguments: [String], texts: [String])] = [
                (["--python", "/no/such/python"], ["master has ended: exit code 69", "/no/such/python: not found"]),
                (["--advertise", "a b"] + worker, ["master has ended: exit code 64", "host: expected a DNS name"]),
                (worker, ["has ended: exit code 75", "no data here"]),
            ]
            for (arguments, texts) in cases {
                let result = try await home.run(["up", "-n", "2"] + arguments)
                #expect(result.ending == .exited(code: 69))
                for text in texts {
                    #expect(result.errors.contains(text), "\(result.errors)")
                }
                #expect(result.lines == [])
                #expect(home.allProcesses == [])
                let left = try FileManager.default.contentsOfDirectory(atPath: home.path(of: "default").path)
                #expect(left.sorted() == ["lock", "logs"])
            }
            #expect(try await home.run(["status"]).ending == .exited(code: 64))
        }
    }

    @Test(
        "what can't be is told before anything is started",
        arguments: [
            (["--ttl", "86401"], "for AliEn takes no job of more than 24 hours; found 86401"),
            (["--backend", "lsf"], "backend: expected one of local"),
            (["--queue", "q"], "--queue: means nothing to backend local"),
            (["--recipe", "ksh"], "--recipe: expected one of"),
            (["--prologue", "/nowhere/x"], "/nowhere/x"),
            (["--defaults", "/nowhere/x"], "/nowhere/x"),
            (["--ce", "x"], "--ce: expected"),
        ])
    func refused(arguments: [String], complaint: String) async throws {
        try await SessionHome.with { home in
            let result = try await home.run(["up", "-n", "1"] + arguments)
            #expect([.exited(code: 64), .exited(code: 66)].contains(result.ending))
            #expect(result.errors.contains(complaint), "\(result.errors)")
            #expect(!result.errors.contains("starting"))
            #expect(!FileManager.default.fileExists(atPath: home.path(of: "default").path))
        }
    }

    @Test("an interrupt ends what was started")
    func interrupted() async throws {
        try await SessionHome.with { home in
            let arguments = [
                "up", "-n", "1", "--recipe", "command", "--ready-text", "never", "--command", "sleep", "600",
            ]
            try await ChildProcess.run(Products.alienPod, arguments: arguments, environment: home.environment) { up in
                try await eventually("the worker is started") {
                    (try? home.processes(of: "default"))?.count == 2
                }
                let processes = try home.processes(of: "default")
                let busy = try await home.run(["down"])
                #expect(busy.ending == .exited(code: 75))
                #expect(
                    busy.errors.contains(
                        "in use by another `alien-pod up`, `down` or `submit`, process \(up.processID)"))
                up.send(signal: SIGINT)
                #expect(try await up.ending() == .exited(code: 75))
                #expect(up.errorText.contains("session default: interrupted"))
                #expect(processes.haveEnded)
            }
        }
    }
}

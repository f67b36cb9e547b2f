import AliEnSite
import Foundation
import PoDTestKit
import Testing

/// The scripts of jobs, run by a real shell with programs that say what they were given.
@Suite(.timeLimit(.minutes(5)))
struct JobScriptTests {
    /// Runs a script where `directory` is the session's, and gives the lines that it prints.
    private static func run(
        _ script: String, in directory: URL, arguments: [String] = [], environment: [String: String] = [:]
    ) async throws -> (lines: [String], ending: ChildProcess.Ending) {
        let path = directory.appendingPathComponent("job.sh")
        try Data(script.utf8).write(to: path)
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        return try await ChildProcess.run(
            "/bin/sh", arguments: [path.path] + arguments, environment: all, directory: directory.path
        ) { child in
            var lines: [String] = []
            while let line = try await child.nextLine() { lines.append(line) }
            return (lines, try await child.ending())
        }
    }

    private static func request(
        _ kind: JobKind, _ directory: URL, program: [JobWord], arguments: [JobWord], publisher: [JobWord] = [],
        inputs: [String] = [], prologue: String? = nil
    ) -> JobRequest {
        var resources = JobResources()
        resources.prologue = prologue
        return JobRequest(
            kind: kind, session: "s", directory: directory.path, program: program, arguments: arguments,
            publisher: publisher, inputs: inputs, resources: resources)
    }

    @Test("words reach the program as they are, whatever is in them")
    func words() async throws {
        try await TemporaryDirectory.with { directory in
            let odd = ["a b", "it's", "", "$(touch gone)", "`id`", "a;rm -rf x", "\"", "\\", "*", "--x=1", "é", "-n"]
            let script = JobScript(
                job: Self.request(
                    .worker, directory, program: ["printf", "<%s>\\n"], arguments: ["worker"] + odd.map { .text($0) }))
            let (lines, ending) = try await Self.run(script.text, in: directory, arguments: ["7"])
            #expect(ending == .exited(code: 0))
            #expect(
                lines == ["<worker>", "<--directory>", "<\(directory.path)/workers/7>"] + odd.map { "<\($0)>" })
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["job.sh"])
        }
    }

    @Test("files are those of the session's directory, also where its name is odd")
    func files() async throws {
        try await TemporaryDirectory.with { parent in
            let directory = parent.appendingPathComponent("it's a $HOME")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
            let script = JobScript(
                job: Self.request(.connection, directory, program: ["echo"], arguments: [.file("status.json")]))
            let lines = try await Self.run(script.text, in: parent).lines
            #expect(lines == ["\(directory.path)/status.json"])
        }
    }

    @Test("the prologue comes before, and can end the job")
    func prologue() async throws {
        try await TemporaryDirectory.with { directory in
            let ended = JobScript(
                job: Self.request(.worker, directory, program: ["echo"], arguments: ["x"], prologue: "X=1\nexit 9\n"))
            let ending = try await Self.run(ended.text, in: directory).ending
            #expect(ending == .exited(code: 9))
        }
    }

    @Test("where no file is shared, inputs that lie side by side are put in their places, for their user alone")
    func inputs() async throws {
        try await TemporaryDirectory.with { directory in
            for name in ["session-key.pem", "server_info.json"] {
                try Data("key".utf8).write(to: directory.appendingPathComponent(name))
            }
            let script = JobScript(
                job: Self.request(
                    .master, URL(fileURLWithPath: "/nowhere"), program: ["cat"],
                    arguments: [.file("state/session-key.pem")],
                    inputs: ["state/session-key.pem", "server_info.json"]),
                sharesFiles: false)
            let lines = try await Self.run(script.text, in: directory).lines
            #expect(lines == ["key"])
            for name in ["state/session-key.pem", "server_info.json"] {
                let path = directory.appendingPathComponent(name).path
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    @Test("a master's publisher is started again while the master is there, and ends with it")
    func publisher() async throws {
        try await TemporaryDirectory.with { directory in
            let master = """
                echo master $*; touch status.json; echo x > status.json
                trap 'sleep 0.3; echo master ends; exit 5' TERM
                while :; do sleep 0.1; done
                """
            let job = Self.request(
                .master, directory, program: ["sh", "-c", .text(master), "m"], arguments: ["master", "--workers", "1"],
                publisher: ["sh", "-c", "echo published; exit 1"])
            let path = directory.appendingPathComponent("job.sh")
            try Data(JobScript(job: job, masterJobID: "\"$1\"").text.utf8).write(to: path)
            try await ChildProcess.run("/bin/sh", arguments: [path.path, "4711"]) { child in
                var lines: [String?] = []
                while lines.count < 3 { lines.append(try await child.nextLine()) }
                #expect(lines == ["master master --job-id 4711 --workers 1", "published", "published"])
                child.send(signal: SIGTERM)
                #expect(try await child.firstLine { $0 != "published" } == "master ends")
                #expect(try await child.ending() == .exited(code: 5))
            }
        }
    }
}

import AliEnSite
import Foundation
import PoDCore
import PoDTestKit
import Testing

/// `~/.alien-pod/submit.json`.
struct SubmissionDefaultsTests {
    private static let backends = ["local", "slurm"]

    private static func read<Result>(_ text: String, _ body: (SubmissionDefaults) throws -> Result) throws -> Result {
        try TemporaryDirectory.with { directory in
            let file = directory.appendingPathComponent("submit.json")
            try Data(text.utf8).write(to: file)
            try Data("module load x\n".utf8).write(to: directory.appendingPathComponent("env.sh"))
            return try body(SubmissionDefaults(path: file.path, isRequired: true, backends: Self.backends))
        }
    }

    @Test("one kind's values come before those of all its backend's jobs, and lines add up")
    func precedence() throws {
        let text = """
            {"backend": "slurm", "slurm": {"queue": "batch", "account": "a", "directives": ["--x"], "prologue": "env.sh",
             "worker": {"queue": "long", "directives": ["--y"], "cores": 2, "memory": 10, "time": 60, "home": "/opt/p"}}}
            """
        try Self.read(text) { defaults in
            #expect(defaults.backend == "slurm")
            let worker = try defaults.resources(of: "slurm", .worker)
            #expect(worker.queue == "long")
            #expect(worker.account == "a")
            #expect(worker.directives == ["--x", "--y"])
            #expect(worker.prologue == "module load x\n")
            #expect([worker.cores, worker.memory, worker.time] == [2, 10, 60])
            #expect(worker.home == "/opt/p")
            #expect(try defaults.resources(of: "slurm", .master).queue == "batch")
            #expect(try defaults.resources(of: "local", .master) == JobResources())

            var flags = JobResources()
            flags.queue = "mine"
            flags.directives = ["--z"]
            let filled = flags.filled(from: worker)
            #expect(filled.queue == "mine")
            #expect(filled.directives == ["--x", "--y", "--z"])
        }
    }

    @Test("without the file nothing is said; one that was named must be there")
    func absent() throws {
        let defaults = try SubmissionDefaults(path: "/nowhere/x", isRequired: false, backends: Self.backends)
        #expect(defaults.backend == nil)
        #expect(try defaults.resources(of: "slurm", .worker) == JobResources())
        let error = #expect(throws: SiteError.self) {
            try SubmissionDefaults(path: "/nowhere/x", isRequired: true, backends: Self.backends)
        }
        #expect(error?.status == .noInput)
    }

    @Test(
        "what is wrong is named, with the nearest that would be right",
        arguments: [
            (#"{"backend": "lsf"}"#, "backend: expected one of local, slurm, found \"lsf\""),
            (#"{"slrum": {}}"#, "\"slrum\" means nothing here; the nearest is slurm"),
            (#"{"slurm": {"quue": "x"}}"#, "slurm: \"quue\" means nothing here; the nearest is queue"),
            (#"{"slurm": {"worker": {"master": {}}}}"#, "slurm.worker: \"master\" means nothing here"),
            (#"{"slurm": {"queue": 3}}"#, "slurm.queue: expected a text, found 3"),
            (#"{"slurm": {"cores": "3"}}"#, "slurm.cores: expected a number"),
            (#"{"slurm": {"cores": 0}}"#, "slurm: --cores: expected 1 to 4096, found 0"),
            (#"{"slurm": {"directives": "x"}}"#, "slurm.directives: expected an array of lines"),
            (#"{"slurm": []}"#, "slurm: expected an object"),
            ("[]", "expected an object"), ("{", "submit.json: "),
        ])
    func wrong(text: String, complaint: String) {
        let error = #expect(throws: SiteError.self) {
            try Self.read(text) { _ = try $0.resources(of: "slurm", .worker) }
        }
        #expect(error?.status == .configuration)
        #expect(error?.description.contains(complaint) == true, "\(error?.description ?? "")")
    }
}

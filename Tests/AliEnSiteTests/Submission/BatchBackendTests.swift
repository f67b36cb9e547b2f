import AliEnSite
import PoDCore
import Testing

/// What batch systems are given, and what is read of their answers.
struct BatchBackendTests {
    private static func job(_ kind: JobKind, _ change: (inout JobResources) -> Void = { _ in }) -> JobRequest {
        var resources = JobResources()
        change(&resources)
        return JobRequest(
            kind: kind, session: "s", directory: "/home/u/s", program: ["alien-pod"], arguments: ["x"],
            numbers: kind == .worker ? 4...6 : 1...1, resources: resources)
    }

    private static func all(_ resources: inout JobResources) {
        resources.queue = "batch"
        resources.account = "alice"
        resources.cores = 2
        resources.memory = 3000
        resources.time = 3601
    }

    @Test func slurmMaster() throws {
        let script = try SlurmBackend().document(
            of: Self.job(.master) {
                Self.all(&$0)
                $0.directives = ["--constraint=el9"]
            })
        let directives = script.split(separator: "\n").filter { $0.hasPrefix("#SBATCH ") }.map { $0.dropFirst(8) }
        #expect(
            directives == [
                "--job-name=pod-s-master", "--output=/home/u/s/logs/master.log", "--open-mode=append",
                "--partition=batch", "--account=alice", "--ntasks=1", "--cpus-per-task=2", "--mem=3000M", "--time=61",
                "--constraint=el9",
            ])
        #expect(script.hasPrefix("#!/bin/sh\n#SBATCH"))
        #expect(script.hasSuffix("\nexec alien-pod x --job-id \"$SLURM_JOB_ID\"\n"))
    }

    @Test func slurmWorkers() throws {
        let script = try SlurmBackend().document(of: Self.job(.worker))
        #expect(script.contains("\n#SBATCH --array=4-6\n"))
        #expect(script.contains("\n#SBATCH --output=/home/u/s/logs/worker-%a.log\n"))
        #expect(script.hasSuffix("\nexec alien-pod x --directory \"$PWD/workers/\"\"$SLURM_ARRAY_TASK_ID\"\n"))
    }

    @Test func slurmQueue() {
        let output = """
            12|RUNNING|None
            13_1|PENDING|Resources
            13_2|PENDING|None
            14|FAILED|NonZeroExitCode
            15|CANCELLED|None
            16|TIMEOUT|TimeLimit
            17|COMPLETING|None
            18|ENDE\u{1B}D|no\u{1B}[2J reason
            19|PENDING|a\tb\u{8}
            not a line
            """
        #expect(
            SlurmQueue.states(in: output) == [
                "12": .running, "13_1": .waiting(reason: "Resources"), "13_2": .waiting(reason: nil),
                "14": .ended(reason: "FAILED (NonZeroExitCode)"), "15": .ended(reason: "CANCELLED"),
                "16": .ended(reason: "TIMEOUT (TimeLimit)"), "17": .running,
                "18": .ended(reason: "ENDED (no[2J reason)"), "19": .waiting(reason: "a b"),
            ])
    }

    @Test func condorWorkers() throws {
        let document = try HTCondorBackend().document(
            of: Self.job(.worker) {
                Self.all(&$0)
                $0.queue = nil
                $0.directives = ["requirements = TARGET.HasCVMFS"]
            })
        for line in [
            "executable = /home/u/s/jobs/worker-4-to-6.sh", "arguments = $(number)",
            "output = /home/u/s/logs/worker-$(number).log", "accounting_group = alice", "request_cpus = 2",
            "request_memory = 3000", "allowed_job_duration = 3601", "requirements = TARGET.HasCVMFS",
            "queue number in (4 5 6)",
        ] {
            #expect(document.contains("\(line)\n"), "\(line)")
        }
        #expect(document.hasSuffix("\nexec alien-pod x --directory \"$PWD/workers/\"\"$1\"\n"), "the script, too")
    }

    @Test(
        arguments: [
            ("12.0 - 12.2\n", ["12.0", "12.1", "12.2"]), ("7.0 - 7.0\n", ["7.0"]), ("", nil), ("7.0", nil),
            ("7.0 - 8.0", nil), ("7.1 - 7.0", nil), ("a.0 - a.1", nil), ("7.0 - 7.9223372036854775807", nil),
        ] as [(String, [String]?)])
    func condorIDs(output: String, ids: [String]?) {
        #expect(HTCondorQueue.ids(inTerse: output) == ids)
    }

    @Test func condorQueue() throws {
        let output = """
            [
            {"ClusterId": 12, "ProcId": 0, "JobStatus": 2},
            {"ClusterId": 12, "ProcId": 1, "JobStatus": 1},
            {"ClusterId": 12, "ProcId": 2, "JobStatus": 5, "HoldReason": "no such file"},
            {"ClusterId": 12, "ProcId": 3, "JobStatus": 4, "ExitBySignal": false, "ExitCode": 69},
            {"ClusterId": 12, "ProcId": 4, "JobStatus": 3, "RemoveReason": "via condor_rm (by user u)"},
            {"ClusterId": 12, "ProcId": 5, "JobStatus": 4, "ExitBySignal": true, "ExitSignal": 9},
            {"ClusterId": 12, "ProcId": 6, "JobStatus": 5, "HoldReason": "a\\nb\\u001B[2J"},
            {"ClusterId": 12, "ProcId": 7, "JobStatus": 3, "RemoveReason": "by\\r\\u0085me"}
            ]
            """
        #expect(
            try HTCondorQueue.states(in: output, of: "condor_q") == [
                "12.0": .running, "12.1": .waiting(reason: nil), "12.2": .waiting(reason: "held: no such file"),
                "12.3": .ended(reason: "exit code 69"), "12.4": .ended(reason: "via condor_rm (by user u)"),
                "12.5": .ended(reason: "signal 9"), "12.6": .waiting(reason: "held: a b[2J"),
                "12.7": .ended(reason: "by me"),
            ])
        #expect(try HTCondorQueue.states(in: "\n", of: "condor_q") == [:])
        #expect(throws: SiteError.self) { try HTCondorQueue.states(in: "Error: no schedd", of: "condor_q") }
    }

    @Test(
        "what a backend has nothing for, and what would break a line, is refused by name",
        arguments: [
            ("local", "--queue"), ("local", "--account"), ("local", "--cores"), ("local", "--time"),
            ("htcondor", "--queue"),
            ("slurm", "a b"), ("slurm", "x\ny"), ("slurm", ""),
        ])
    func refused(backend: String, what: String) throws {
        let backends: [String: any Backend] = [
            "local": LocalBackend(), "slurm": SlurmBackend(), "htcondor": HTCondorBackend(),
        ]
        let error = #expect(throws: SiteError.self) {
            _ = try backends[backend]?.document(
                of: Self.job(.master) { resources in
                    switch what {
                    case "--queue": resources.queue = "q"
                    case "--account": resources.account = "a"
                    case "--cores": resources.cores = 1
                    case "--time": resources.time = 60
                    default: resources.account = what
                    }
                })
        }
        #expect(error?.status == .usage)
        #expect(error?.description.contains(what.hasPrefix("--") ? what : "--account") == true)
    }

    @Test(arguments: ["", "a\nb", "--x\u{7}"])
    func directivesAreLines(directive: String) {
        var resources = JobResources()
        resources.directives = [directive]
        #expect(throws: SiteError.self) { try resources.check() }
    }
}

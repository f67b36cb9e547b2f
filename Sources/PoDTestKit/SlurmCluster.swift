import Foundation

/// A real Slurm of one node on loopback ports, with partitions `PODCE` and `workers`, for the time of a test.
///
/// Without systemd, cgroups, accounting and anything below `/etc`. The node claims eight processors, whatever there are.
public enum SlurmCluster {
    /// The partition for masters, named as ``AliEnDirectory/computingElementName``.
    public static let masters = AliEnDirectory.computingElementName
    /// The standard partition.
    public static let workers = "workers"

    /// Whether Slurm is on this machine. Tests that need it are skipped without, unless `ALIEN_POD_TEST_STRICT` is 1.
    public static var canRun: Bool {
        [self.munged, self.slurmctld, self.slurmd].allSatisfy(FileManager.default.isExecutableFile(atPath:))
            || ProcessInfo.processInfo.environment["ALIEN_POD_TEST_STRICT"] == "1"
    }

    private static let munged = "/usr/sbin/munged"
    private static let slurmctld = "/usr/sbin/slurmctld"
    private static let slurmd = "/usr/sbin/slurmd"

    /// Runs munged, slurmctld and slurmd for the time of `body`; jobs that are left are ended.
    ///
    /// - Parameter body: Is given what Slurm's commands need in their environment.
    public static func run<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: ([String: String]) async throws -> Result
    ) async throws -> Result {
        try await TemporaryDirectory.with { directory in
            let key = directory.appendingPathComponent("munge.key")
            var generator = SystemRandomNumberGenerator()
            try Data((0..<1024).map { _ in generator.next() as UInt8 }).write(to: key)
            chmod(key.path, 0o400)
            for name in ["state", "spool"] {
                try FileManager.default.createDirectory(
                    at: directory.appendingPathComponent(name), withIntermediateDirectories: false)
            }
            let configuration = directory.appendingPathComponent("slurm.conf")
            try Data(self.configuration(in: directory.path).utf8).write(to: configuration)
            let variables = ["SLURM_CONF": configuration.path]
            let environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
            return try await ChildProcess.run(self.munged, arguments: self.mungeArguments(in: directory.path)) {
                munged in
                try await self.wait(for: munged) {
                    FileManager.default.fileExists(atPath: "\(directory.path)/munge.sock")
                }
                return try await ChildProcess.run(self.slurmctld, arguments: ["-D"], environment: environment) {
                    server in
                    try await self.wait(for: server) {
                        try await self.answer(["scontrol", "ping"], environment) != nil
                    }
                    return try await ChildProcess.run(
                        self.slurmd, arguments: ["-D", "-N", self.host], environment: environment
                    ) { node in
                        try await self.wait(for: node) {
                            try await self.answer(["sinfo", "-h", "-o", "%T"], environment)?.contains("idle") ?? false
                        }
                        let result: Swift.Result<Result, any Error>
                        do {
                            result = .success(try await body(variables))
                        } catch {
                            result = .failure(error)
                        }
                        // Jobs are in sessions of their own.
                        _ = try await self.answer(["scancel", "--me", "--full", "--signal=KILL"], environment)
                        _ = try await self.answer(["scancel", "--me"], environment)
                        try await self.wait(for: node) {
                            try await self.answer(["squeue", "-h", "-o", "%i"], environment)?.isEmpty ?? false
                        }
                        node.send(signal: SIGTERM)
                        _ = try await node.ending()
                        server.send(signal: SIGTERM)
                        _ = try await server.ending()
                        return try result.get()
                    }
                }
            }
        }
    }

    private static let host = String(ProcessInfo.processInfo.hostName.prefix { $0 != "." })

    private static func mungeArguments(in directory: String) -> [String] {
        [
            "--foreground", "--force", "--num-threads=2", "--key-file=\(directory)/munge.key",
            "--socket=\(directory)/munge.sock", "--pid-file=\(directory)/munge.pid",
            "--seed-file=\(directory)/munge.seed",
        ]
    }

    private static func configuration(in directory: String) throws -> String {
        let user = NSUserName()
        return """
            ClusterName=pod
            SlurmctldHost=\(self.host)(127.0.0.1)
            SlurmctldPort=\(try FreePort.find())
            SlurmdPort=\(try FreePort.find())
            SlurmUser=\(user)
            SlurmdUser=\(user)
            AuthType=auth/munge
            AuthInfo=socket=\(directory)/munge.sock
            CredType=cred/munge
            StateSaveLocation=\(directory)/state
            SlurmdSpoolDir=\(directory)/spool
            SlurmctldPidFile=\(directory)/slurmctld.pid
            SlurmdPidFile=\(directory)/slurmd.pid
            SlurmctldLogFile=\(directory)/slurmctld.log
            SlurmdLogFile=\(directory)/slurmd.log
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            MpiDefault=none
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core
            SlurmdParameters=config_overrides
            SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
            ReturnToService=2
            KillWait=5
            NodeName=\(self.host) NodeAddr=127.0.0.1 NodeHostname=\(self.host) CPUs=8 Boards=1 SocketsPerBoard=1 \
            CoresPerSocket=8 ThreadsPerCore=1 State=UNKNOWN
            PartitionName=\(self.masters) Nodes=ALL State=UP MaxTime=INFINITE OverSubscribe=FORCE:4
            PartitionName=\(self.workers) Nodes=ALL Default=YES State=UP MaxTime=INFINITE OverSubscribe=FORCE:4

            """
    }

    /// What a command of Slurm's prints; `nil` when it fails.
    private static func answer(_ command: [String], _ environment: [String: String]) async throws -> String? {
        try await ChildProcess.run(
            command[0], arguments: Array(command.dropFirst()), environment: environment
        ) { child in
            var lines: [String] = []
            while let line = try await child.nextLine() { lines.append(line) }
            return try await child.ending() == .exited(code: 0) ? lines.joined(separator: "\n") : nil
        }
    }

    private static func wait(
        for process: ChildProcess, isolation: isolated (any Actor)? = #isolation, _ isReady: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !isReady() {
            guard ContinuousClock.now < deadline else {
                throw TestKitError("Slurm does not come up or down: \(process.errorText)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

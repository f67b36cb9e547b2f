import Foundation
import PoDCore
import PoDTestKit
import Testing

/// Workers that are reached by way of their master, as processes with real daemons.
@Suite(.timeLimit(.minutes(15))) struct ForwardingTests {
    // MARK: - xrootd

    private static func status(_ directory: URL) -> URL { directory.appendingPathComponent("status.json") }

    private static func master(_ directory: URL) -> [String] {
        [
            "master", "--job-id", "77", "--allow-unsigned-workers", "--workers", "1", "--advertise", "127.0.0.1",
            "--status-file",
            self.status(directory).path, "--state-directory", directory.appendingPathComponent("state").path,
            "--recipe", "xrootd", "--forward", "always",
        ]
    }

    private static func isRegistered(_ directory: URL) -> Bool {
        SessionStatus(at: self.status(directory))?.workers.registered == 1
    }

    /// What the xrootd behind a port of the master has in its file.
    private static func text(behind port: UInt16) async throws -> String {
        let arguments = ["127.0.0.1:\(port)", "cat", "/file"]
        return try await ChildProcess.run("xrdfs", arguments: arguments) { child in
            let line = try await child.nextLine() ?? ""
            #expect(try await child.ending() == .exited(code: 0), "\(child.errorText)")
            return line
        }
    }

    /// The worker as the master lists it.
    private static func worker(_ directory: URL) async throws -> JSONValue {
        let answer = try await Products.run(["workers", "list", "--json", "--status-file", self.status(directory).path])
        let document = try JSONValue(parsing: Array(answer.lines.joined().utf8))
        return try #require(document["workers"]?.array?.first, "\(answer.errors)")
    }

    /// Runs a master and a worker that is forwarded for the time of `body`, which gets their directory, both, and the port.
    private static func withWorker(
        _ body: (URL, ChildProcess, ChildProcess, UInt16) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            try await ChildProcess.run(Products.alienPod, arguments: Self.master(directory)) { master in
                _ = try await master.firstLine { $0.hasPrefix("master 77 at ") }
                let info = directory.appendingPathComponent("info.json")
                try Products.writeServerInfo(of: Self.status(directory), to: info)
                let work = directory.appendingPathComponent("worker").path
                let arguments = ["worker", "--server-info", info.path, "--directory", work, "--recipe", "xrootd"]
                try await ChildProcess.run(Products.alienPod, arguments: arguments) { worker in
                    try await eventually("the worker is registered") { Self.isRegistered(directory) }
                    try await body(directory, master, worker, try Self.journalledPort(directory))
                }
            }
        }
    }

    @Test("a port outlives daemon and master: the same after a restart of either, and gone with the lease")
    func keepsItsPort() async throws {
        try await Self.withWorker { directory, master, worker, port in
            let row = try await Self.worker(directory)
            #expect(row["forwarded"] == .bool(true))
            let lease = try #require(row["lease"]?.string)
            let file = directory.appendingPathComponent("worker/\(lease)/data/file")
            try "kept\n".write(to: file, atomically: true, encoding: .utf8)
            #expect(try await Self.text(behind: port) == "kept")

            let restart = ["workers", "restart", lease, "--status-file", Self.status(directory).path]
            #expect(try await Products.run(restart).ending == .exited(code: 0))
            try await eventually("the daemon is another") {
                let row = try await Self.worker(directory)
                return row["restarts"]?.integer == 1 && row["daemon"]?.string == "ready"
            }
            #expect(try await Self.text(behind: port) == "kept")

            master.send(signal: SIGKILL)
            _ = try await master.ending()
            #expect(!FreePort.isTaken(port))
            try await ChildProcess.run(Products.alienPod, arguments: Self.master(directory)) { second in
                _ = try await second.firstLine { $0.hasPrefix("master 77 at ") }
                try await eventually("the worker is back") { Self.isRegistered(directory) }
                #expect(try await Self.worker(directory)["lease"]?.string == lease)
                #expect(try await Self.text(behind: port) == "kept")

                worker.send(signal: SIGTERM)
                #expect(try await worker.ending() == .exited(code: 0))
                try await eventually("nobody listens at the port") { !FreePort.isTaken(port) }
            }
        }
    }

    private static func journalledPort(_ directory: URL) throws -> UInt16 {
        let journal = directory.appendingPathComponent("state/leases.jsonl")
        for line in try String(contentsOf: journal, encoding: .utf8).split(separator: "\n") {
            let document = try JSONValue(parsing: Array(line.utf8))
            if document["forwarded"] != nil, let port = document["port"]?.integer.flatMap({ UInt16(exactly: $0) }) {
                return port
            }
        }
        throw TestKitError("no port in the journal")
    }

    @Test(
        "another user of the master's machine gets nothing from a forwarded port",
        .enabled(if: geteuid() == 0, "only root can become another user"))
    func otherUser() async throws {
        try await Self.withWorker { _, _, _, port in
            // The handshake of XRootD: 20 bytes, and 16 in answer.
            let program = """
                import os, socket, struct, sys
                os.setuid(int(sys.argv[2]))
                try:
                    with socket.socket() as connection:
                        connection.settimeout(20)
                        connection.connect(("127.0.0.1", int(sys.argv[1])))
                        connection.sendall(struct.pack(">5i", 0, 0, 0, 4, 2012))
                        print(len(connection.recv(16, socket.MSG_WAITALL)))
                except ConnectionError:
                    print(0)
                """
            for (user, answer) in [("65534", "0"), ("0", "16")] {
                let arguments = ["-c", program, String(port), user]
                try await ChildProcess.run("python3", arguments: arguments) { child in
                    let line = try await child.nextLine()
                    #expect(line == answer, "user \(user): \(child.errorText)")
                }
            }
        }
    }

    // MARK: - Dask

    @Test("workers that compute with each other's data through their master's ports, which nobody else gets into")
    func dask() async throws {
        try await Products.withMaster(workers: 2, ["--forward", "always"], within: .seconds(600)) { _, status, info in
            try await Self.withWorkers(2, info) {
                try await eventually("both are registered") {
                    SessionStatus(at: status)?.workers.registered == 2
                }
                let now = try #require(SessionStatus(at: status))
                let workers = try await DaskExchange.run(now, workers: 2)
                // Recipe dask has no nanny: a worker's process is what listens.
                let addresses = workers + [try #require(now.detail("scheduler"))]
                let answers = try await DaskExchange.answers(of: addresses, now)
                #expect(answers == Array(repeating: "refused refused refused answered", count: 3))
            }
        }
    }

    private static func withWorkers(
        _ count: Int, _ info: URL, prefix: (Int) -> [String] = { _ in [] }, _ body: () async throws -> Void
    ) async throws {
        guard count > 0 else {
            return try await body()
        }
        let work = info.deletingLastPathComponent().appendingPathComponent("worker\(count)").path
        let command = prefix(count) + [Products.alienPod, "worker", "--server-info", info.path, "--directory", work]
        try await ChildProcess.run(command[0], arguments: Array(command.dropFirst())) { _ in
            try await self.withWorkers(count - 1, info, prefix: prefix, body)
        }
    }

    @Test(
        "auto, where two of three hosts take no connections: these are forwarded, and all compute with each other's data",
        .enabled(if: StarNetwork.isAvailable, "this user may make no network namespaces, or nft and ip are missing"))
    func networks() async throws {
        try await StarNetwork.with(hosts: 3, closed: [1, 2]) { network in
            try await TemporaryDirectory.with { directory in
                let status = Self.status(directory)
                let command =
                    network.prefix(0) + [
                        Products.alienPod, "master", "--job-id", "77", "--allow-unsigned-workers", "--workers", "3",
                        "--advertise",
                        network.center, "--status-file", status.path,
                    ]
                try await ChildProcess.run(command[0], arguments: Array(command.dropFirst())) { master in
                    // The first time ever, Dask is installed, which needs a network.
                    _ = try await master.firstLine(within: .seconds(600)) { $0.hasPrefix("master 77 at ") }
                    let info = directory.appendingPathComponent("info.json")
                    try Products.writeServerInfo(of: status, to: info)
                    try await Self.withWorkers(3, info, prefix: network.prefix) {
                        try await eventually("all are registered") {
                            SessionStatus(at: status)?.workers.registered == 3
                        }
                        let now = try #require(SessionStatus(at: status))
                        let addresses = try await DaskExchange.run(now, workers: 3, prefix: network.prefix(0))
                        let hosts = addresses.map { String($0.dropFirst("tls://".count).prefix { $0 != ":" }) }
                        #expect(hosts == [network.center, network.center, network.host(3)])
                        let list = try await Products.run(["workers", "list", "--json", "--status-file", status.path])
                        let workers = try JSONValue(parsing: Array(list.lines.joined().utf8))["workers"]?.array
                        #expect(workers?.count { $0["forwarded"] == .bool(true) } == 2)
                    }
                }
            }
        }
    }
}

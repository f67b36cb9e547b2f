import Foundation
import PoDCore
import PoDTestKit
import Testing

/// A master with a state directory, a worker, its daemon, and between master and worker a relay that can cut them off.
struct KillRig {
    /// How far the worker has come.
    enum State: String, CaseIterable, CustomTestStringConvertible {
        case starting, registered, away, leaving

        var testDescription: String { self.rawValue }
    }

    let directory: URL
    let relay: ChildProcess
    let relayPort: String
    /// A time to sleep that no other process has.
    let mark = "85\(UInt32.random(in: 100_000...999_999))"

    static func with(_ body: (KillRig, ChildProcess) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            try await ChildProcess.run(Products.alienPod, arguments: Self.master(directory)) { master in
                _ = try await master.firstLine { $0.hasPrefix("master 77 at ") }
                let info = directory.appendingPathComponent("master.json")
                try Products.writeServerInfo(of: Self.statusFile(directory), to: info)
                let address = try JSONValue(parsing: Array(try Data(contentsOf: info)))["address"]?.string ?? ""
                let port = try String(#require(address.split(separator: ":").last))
                try await ChildProcess.run("python3", arguments: ["-c", Self.relayProgram, port]) { relay in
                    let relayPort = try #require(try await relay.nextLine())
                    try await body(KillRig(directory: directory, relay: relay, relayPort: relayPort), master)
                }
            }
        }
    }

    /// Runs a worker that has come so far, for the time of `body`, which gets it and its lease.
    static func with(
        _ state: State, _ body: (KillRig, ChildProcess, ChildProcess, String) async throws -> Void
    ) async throws {
        try await self.with { rig, master in
            try await rig.withWorker(state) { worker in
                try await eventually("the worker is \(state)") {
                    let status = try #require(rig.status)
                    return state == .starting
                        ? status.workers.leased == 1 && rig.daemonRuns : status.workers.registered == 1
                }
                let lease = try #require(try await rig.workers().first?["lease"]?.string)
                switch state {
                case .starting, .registered:
                    break
                case .away:
                    rig.relay.send(signal: SIGUSR1)
                case .leaving:
                    _ = try await rig.ask("workers", "stop", lease)
                }
                if [.away, .leaving].contains(state) {
                    try await eventually("the worker is \(state)") {
                        try await rig.workers().first?["state"]?.string == state.rawValue
                    }
                }
                try await body(rig, master, worker, lease)
            }
        }
    }

    func withWorker(
        _ state: State, name: String = "worker", mark: String? = nil, _ body: (ChildProcess) async throws -> Void
    ) async throws {
        let path = { (name: String) in self.directory.appendingPathComponent(name).path }
        let info = self.directory.appendingPathComponent("\(name).json")
        try Products.writeServerInfo(of: Self.statusFile(self.directory), to: info)
        var document = try JSONSerialization.jsonObject(with: Data(contentsOf: info)) as? [String: String] ?? [:]
        document["address"] = "127.0.0.1:\(self.relayPort)"
        try JSONSerialization.data(withJSONObject: document).write(to: info)
        try Data(Self.daemonScript.utf8).write(to: self.directory.appendingPathComponent("daemon.sh"))
        let arguments = [
            "worker", "--server-info", info.path, "--directory", path(name), "--recipe", "command", "--ready-text",
            "ready", "--command", "sh", path("daemon.sh"), state.rawValue, mark ?? self.mark, path("\(name).pid"),
        ]
        try await ChildProcess.run(Products.alienPod, arguments: arguments) { try await body($0) }
    }

    static func master(_ directory: URL) -> [String] {
        [
            "master", "--job-id", "77", "--allow-unsigned-workers", "--workers", "1", "--advertise", "127.0.0.1",
            "--status-file",
            self.statusFile(directory).path, "--state-directory", directory.appendingPathComponent("state").path,
            "--recipe", "command", "--command", "true",
        ]
    }

    private static func statusFile(_ directory: URL) -> URL { directory.appendingPathComponent("status.json") }

    // MARK: - What is seen

    var status: SessionStatus? { SessionStatus(at: Self.statusFile(self.directory)) }

    func ask(_ words: String...) async throws -> JSONValue {
        let answer = try await Products.run(words + ["--json", "--status-file", Self.statusFile(self.directory).path])
        return try JSONValue(parsing: Array((answer.lines.first ?? "").utf8))
    }

    func workers() async throws -> [JSONValue] { try await self.ask("workers", "list")["workers"]?.array ?? [] }

    /// What `alien-pod status` says went wrong.
    func problems() async throws -> [String] {
        let view = try await self.ask("status")["session"]
        return (view?["problems"]?.array ?? []).compactMap { $0["reason"]?.string }
    }

    /// The daemon's process id, once it is written.
    var daemon: Int32? {
        let text = try? String(contentsOf: self.directory.appendingPathComponent("worker.pid"), encoding: .utf8)
        return text.flatMap { $0.hasSuffix("\n") ? Int32($0.dropLast()) : nil }
    }

    /// Whether the daemon, or what it started, runs.
    var daemonRuns: Bool {
        let wanted = Data("sleep\0\(self.mark)\0".utf8)
        return (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.contains {
            FileManager.default.contents(atPath: "/proc/\($0)/cmdline") == wanted
        } ?? false
    }

    /// Another worker comes, registers, and ends when it is told.
    func takesAnother() async throws {
        try await self.withWorker(.registered, name: "another", mark: "1000000") { another in
            try await eventually("another is registered") { self.status?.workers.registered == 1 }
            // One that was lost stays on the list while it may come back.
            let own = try await self.workers().first { $0["pid"]?.integer == Int64(another.processID) }
            _ = try await self.ask("workers", "stop", try #require(own?["lease"]?.string))
            #expect(try await another.ending() == .exited(code: 0))
            try await eventually("its slot is free") { self.status?.workers.leased == 0 }
        }
    }

    // MARK: - Programs

    /// One that is starting is never ready; one that is leaving takes its time.
    private static let daemonScript = """
        echo $$ > "$3"
        [ "$1" = leaving ] && trap '' TERM
        [ "$1" = starting ] || echo ready
        while :; do sleep "$2"; done
        """

    /// Prints its port, and a line for each connection; SIGUSR1 cuts, SIGUSR2 ends that.
    private static let relayProgram = """
        import signal, socket, sys, threading
        server = socket.create_server(("127.0.0.1", 0))
        connections, is_cut = set(), False
        def cut(number, _):
            global is_cut
            is_cut = number == signal.SIGUSR1
            for connection in list(connections) if is_cut else []:
                end(connection)
        def end(connection):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        def pump(source, target):
            try:
                while data := source.recv(65536):
                    target.sendall(data)
            except OSError:
                pass
            end(source)
            end(target)
            connections.discard(source)
        def accept():
            while True:
                near, _ = server.accept()
                print("accepted", flush=True)
                try:
                    if is_cut:
                        raise OSError
                    far = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                except OSError:
                    near.close()
                    continue
                for pair in (near, far), (far, near):
                    connections.add(pair[0])
                    threading.Thread(target=pump, args=pair, daemon=True).start()
        signal.signal(signal.SIGUSR1, cut)
        signal.signal(signal.SIGUSR2, cut)
        threading.Thread(target=accept, daemon=True).start()
        print(server.getsockname()[1], flush=True)
        while True:
            signal.pause()
        """
}

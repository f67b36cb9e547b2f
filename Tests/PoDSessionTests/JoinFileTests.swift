import Foundation
import PoDCore
import PoDRendezvous
import PoDSession
import PoDTestKit
import PoDTickets
import Testing

/// Workers of the session's own, over real connections.
@Suite(.timeLimit(.minutes(10))) struct JoinFileTests {
    /// Runs a master that takes nobody without a ticket, for the time of `body`, which gets it and its state directory.
    private static func withMaster(
        workers: Int, _ body: @Sendable (RunningMaster, String) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            let state = try StateDirectory(path: path)
            try await RunningMaster.with(TestRecipe(), workers: workers) { configuration in
                configuration.state = state
                configuration.identity = try ChannelIdentity(try state.sessionKey())
                configuration.allowsUnsignedWorkers = false
            } _: { master, _ in
                try await body(master, path)
            }
        }
    }

    private static func joinFile(
        of master: RunningMaster, _ state: String, workers: Int, lifetime: Int64 = 3600
    ) throws -> JoinFile {
        try JoinFile(
            sessionKey: KeptSession(readingDirectory: state).key, masterJobID: master.server.masterJobID,
            address: master.server.address, workers: workers, lifetime: lifetime)
    }

    @Test("workers come by a join file, as many as it is for; without it nobody does")
    func joins() async throws {
        try await Self.withMaster(workers: 3) { master, state in
            let file = try Self.joinFile(of: master, state, workers: 1)
            try file.write(to: try PrivateDirectory(path: master.directory.path))
            let read = try JoinFile(readingFile: master.directory.appendingPathComponent(JoinFile.name).path)
            #expect(read.text == file.text)
            let server = try read.server()
            #expect(server.address == master.server.address)
            let (requests, source) = AsyncStream<WorkerLifecycle.Event>.makeStream()
            async let worker = master.worker(TestRecipe(), name: "w1", requests: requests) { configuration in
                configuration.server = server
                configuration.credentials = read.credentials
            }
            try await master.eventually("the worker is there") { $0.workers.registered == 1 }
            let another = try await master.worker(TestRecipe(), name: "w2") { configuration in
                configuration.server = server
                configuration.credentials = read.credentials
            }
            #expect(another.exitCode == 69, "\(another.reason)")
            let unsigned = try await master.worker(TestRecipe(), name: "w3") { $0.server = server }
            #expect(unsigned.exitCode == 77, "\(unsigned.reason)")
            source.yield(.stopRequested(reason: "the test is over"))
            #expect(try await worker.exitCode == 0)
        }
    }

    @Test("a site's worker shows the ticket that its file holds now")
    func renewedTicket() async throws {
        try await Self.withMaster(workers: 1) { master, state in
            let session = try KeptSession(readingDirectory: state).key
            let path = { master.directory.appendingPathComponent($0).path }
            let key = try SigningKey(seed: Array(repeating: 7, count: 32))
            try SigningKeyFile.create(path("key.pem"), key)
            let now = NumericDate(secondsSince1970: Int64(Date().timeIntervalSince1970))
            for (from, code) in [(-4000, 75), (-60, 0)] as [(Int64, Int32)] {
                let ticket = try TicketChain(
                    issuing: Ticket(
                        subject: "CE", role: .worker, notBefore: now.advanced(bySeconds: from),
                        expires: now.advanced(bySeconds: from + 3600), holder: key.publicKey), with: session)
                try Data("\(ticket)\n".utf8).write(to: URL(fileURLWithPath: path("ticket")))
                let credentials = try WorkerCredentials(ticketFile: path("ticket"), keyFile: path("key.pem"))
                let (requests, source) = AsyncStream<WorkerLifecycle.Event>.makeStream()
                async let worker = master.worker(TestRecipe(), name: "w\(code)", requests: requests) {
                    $0.credentials = credentials
                }
                if code == 0 {
                    try await master.eventually("the worker is there") { $0.workers.registered == 1 }
                    source.yield(.stopRequested(reason: "the test is over"))
                }
                let end = try await worker
                #expect(end.exitCode == code, "\(end.reason)")
            }
        }
    }

    @Test("a join file that others may read is refused")
    func notPrivate() async throws {
        try await Self.withMaster(workers: 1) { master, state in
            let file = try Self.joinFile(of: master, state, workers: 1)
            try file.write(to: try PrivateDirectory(path: master.directory.path))
            let path = master.directory.appendingPathComponent(JoinFile.name).path
            for mode in [0o644, 0o640, 0o604] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
                let error = #expect(throws: SessionError.self) { try JoinFile(readingFile: path) }
                #expect(error?.status == .noPermission)
            }
        }
    }

    @Test("a file that is larger than a join file is not read")
    func tooLarge() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent(JoinFile.name).path
            let isMade = FileManager.default.createFile(
                atPath: path, contents: Data(repeating: 0x20, count: 8193), attributes: [.posixPermissions: 0o600])
            #expect(isMade)
            let error = #expect(throws: SessionError.self) { try JoinFile(readingFile: path) }
            #expect(error?.description.contains("larger than 8192 bytes") == true, "\(String(describing: error))")
        }
    }

    @Test("text that is no join file", arguments: ["", "{}", "[]", #"{"masterJobId":"77","address":"h:1"}"#])
    func malformed(_ text: String) throws {
        try TemporaryDirectory.with { directory in
            let file = directory.appendingPathComponent("join.json")
            try Data(text.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            let error = #expect(throws: SessionError.self) { try JoinFile(readingFile: file.path) }
            #expect(error?.status == .data)
        }
    }

    @Test("keys that are put into the list of revoked ones meanwhile lose their slots")
    func revokedMeanwhile() async throws {
        try await TemporaryDirectory.with { directory in
            let state = try StateDirectory(path: directory.appendingPathComponent("state").path)
            let revoked = directory.appendingPathComponent("revoked")
            try Data("# none yet\n".utf8).write(to: revoked)
            try await RunningMaster.with(TestRecipe(), workers: 1) { configuration in
                configuration.state = state
                configuration.identity = try ChannelIdentity(try state.sessionKey())
                configuration.allowsUnsignedWorkers = false
                configuration.revokedFile = revoked.path
            } _: { master, _ in
                let file = try Self.joinFile(of: master, state.path, workers: 1)
                async let worker = master.worker(TestRecipe(), name: "w") { $0.credentials = file.credentials }
                try await master.eventually("the worker is there") { $0.workers.registered == 1 }
                let holder = try TicketChain(parsing: file.ticket).ticket.holder
                try Data("\(holder.thumbprint)\n".utf8).write(to: revoked)
                let end = try await worker
                #expect(end.exitCode == 77, "\(end.reason)")
                try await master.eventually("its slot is free") { $0.workers.leased == 0 }
            }
        }
    }
}

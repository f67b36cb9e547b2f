import Foundation
import NIOCore
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import Testing

/// Whoever can connect to a master: none of them ends it, fills it, or keeps others out.
@Suite(.timeLimit(.minutes(10))) struct HostilePeerTests {
    /// The beginning of a TLS record with the beginning of a ClientHello.
    private static let record: [UInt8] =
        [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03] + Array(repeating: 7, count: 200)

    @Test("a frame that is cut short, wherever: PoD's server died of 16 bytes")
    func shortFrames() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            let frames =
                (0...Self.record.count).map { Array(Self.record.prefix($0)) }
                + (1...64).map { Array(repeating: 0, count: $0) }
                + (1...64).map { _ in (0..<16).map { _ in UInt8.random(in: 0...255) } }
            for frame in frames {
                // What it answers or whether it takes all is of no interest.
                try? await ScriptedWorker.withPlain(master.server) { _, outbound in
                    try await outbound.write(ByteBuffer(bytes: frame))
                }
            }
            for line in ["", "{", "{\"type\":\"hello\"", "{\"type\":\"hello\",\"protocol\":\"alien-pod/1\""] {
                try await ScriptedWorker.with(master.server) { try await $0.say(line) }
                try await ScriptedWorker.with(master.server) { worker in
                    try await worker.say(ScriptedWorker.hello)
                    try await worker.say(line)
                }
            }
            try await master.takesAnother()
            try await master.eventually("no slot is held") { $0.workers.leased == 0 }
        }
    }

    @Test("connections that hang in TLS's handshake keep nobody at other addresses waiting, and at theirs for 10 s")
    func hangingHandshakes() async throws {
        // Alone in a process, where no child of another test's keeps a connection open that was closed.
        keepSocketsFromChildren()
        await #expect(processExitsWith: .success) { try await Self.hangInHandshakes() }
    }

    private static func hangInHandshakes() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            try await Self.withHanging(100, master, from: "127.0.0.2") { hanging in
                try await master.takesAnother()
                // The other came while all of these hung.
                #expect(hanging.allSatisfy { $0.isActive })
                try await master.takesAnother(from: "127.0.0.2")
                // It came after all of these, when the time of the first was over. That these notice it takes a moment.
                try await eventually("one of them is closed") {
                    hanging.contains { !$0.isActive }
                }
            }
        }
    }

    private static func withHanging(
        _ count: Int, _ master: RunningMaster, from source: String, _ channels: [any Channel] = [],
        _ body: ([any Channel]) async throws -> Void
    ) async throws {
        guard count > 0 else { return try await body(channels) }
        try await ScriptedWorker.withPlain(master.server, from: source) { channel, outbound in
            try await outbound.write(ByteBuffer(bytes: self.record.prefix(count)))
            try await self.withHanging(count - 1, master, from: source, channels + [channel], body)
        }
    }

    @Test("who waits for another's claim gets its turn when that has a lease")
    func waitsForClaims() async throws {
        let one = NewcomerQueue.Limits(atOnce: 1)
        try await RunningMaster.with(TestRecipe(), workers: 2, configure: { $0.newcomerLimits = one }) { master, _ in
            try await ScriptedWorker.with(master.server) { worker in
                try await worker.say(ScriptedWorker.hello)
                #expect(try await worker.next() == ScriptedWorker.hello)
                try await ScriptedWorker.with(master.server) { next in
                    // When one from elsewhere has come and gone, it waits.
                    try await master.takesAnother(from: "127.0.0.2")
                    _ = try await worker.join()
                    // That one stays.
                    _ = try await next.join()
                }
            }
        }
    }

    @Test("who breaks off while it waits for its turn does not keep the session from its end")
    func breaksOffInTheQueue() async throws {
        let one = NewcomerQueue.Limits(atOnce: 1)
        try await RunningMaster.with(TestRecipe(), workers: 1, configure: { $0.newcomerLimits = one }) { master, end in
            try await Self.withHanging(1, master, from: "127.0.0.2") { _ in
                try await Self.withHanging(1, master, from: "127.0.0.2") { _ in }
            }
            await master.shutDown()
            try await end.value
        }
    }

    @Test("a session that ends does not wait for those that hang in the handshake")
    func endsMeanwhile() async throws {
        let one = NewcomerQueue.Limits(atOnce: 1)
        try await RunningMaster.with(TestRecipe(), workers: 1, configure: { $0.newcomerLimits = one }) { master, end in
            // Their turns would take 10 s each.
            try await Self.withHanging(4, master, from: "127.0.0.2") { _ in
                let begin = ContinuousClock.now
                await master.shutDown()
                try await end.value
                #expect(ContinuousClock.now - begin < .seconds(20))
            }
        }
    }

    @Test("strangers leave descriptors for workers: who comes from where one is comes in, others are closed")
    func keepsDescriptorsBack() async throws {
        // Alone in a process, for the same reason.
        keepSocketsFromChildren()
        await #expect(processExitsWith: .success) { try await Self.leaveNoRoomForStrangers() }
    }

    private static func leaveNoRoomForStrangers() async throws {
        let few = NewcomerQueue.Limits(ofAll: 20)
        try await RunningMaster.with(TestRecipe(), workers: 2, configure: { $0.newcomerLimits = few }) { master, _ in
            try await ScriptedWorker.with(master.server) { worker in
                _ = try await worker.join()
                try await Self.withHanging(10, master, from: "127.0.0.2") { _ in
                    try await Self.withHanging(10, master, from: "127.0.0.3") { hanging in
                        try await master.takesAnother()
                        let isIn = (try? await master.takesAnother(from: "127.0.0.4")) != nil
                        #expect(!isIn || hanging.contains { !$0.isActive })
                    }
                }
                // When they are gone, there is room.
                try await eventually("another is taken") {
                    (try? await master.takesAnother(from: "127.0.0.4")) != nil
                }
            }
        }
    }

    @Test("a master without a descriptor goes on")
    func noDescriptors() async throws {
        // Alone in a process, for others need descriptors, too.
        keepSocketsFromChildren()
        await #expect(processExitsWith: .success) { try await Self.useUpDescriptors() }
    }

    private static func useUpDescriptors() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            var limit = rlimit(rlim_cur: 256, rlim_max: 256)
            guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
                throw TestKitError("no limit")
            }
            // The first timer of a process needs descriptors of its own.
            try await Task.sleep(for: .milliseconds(1))
            let clients = [
                (
                    socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0),
                    try SocketAddress(ipAddress: "127.0.0.1", port: Int(master.server.address.port))
                ),
                (
                    socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0),
                    try SocketAddress(unixDomainSocketPath: master.adminSocket)
                ),
            ]
            var copies: [Int32] = []
            while case let copy = dup(0), copy >= 0 {
                copies.append(copy)
            }
            #expect(errno == EMFILE)
            // The system takes the connections; the master can't.
            for (client, address) in clients {
                let connected = address.withSockAddr { connect(client, $0, socklen_t($1)) }
                #expect(connected == 0)
            }
            let before = clock()
            try await Task.sleep(for: .seconds(1))
            // In microseconds, of this process on all cores.
            #expect(clock() - before < 250_000, "it tries again and again")
            copies.forEach { close($0) }
            clients.forEach { close($0.0) }
            try await master.takesAnother()
            #expect(try await master.workers().isEmpty)
        }
    }

    @Test("an endless line ends its connection")
    func endlessLine() async throws {
        // The slot of the one that joined is kept for a while.
        try await RunningMaster.with(TestRecipe(), workers: 2) { master, _ in
            for isJoined in [false, true] {
                try await ScriptedWorker.with(master.server) { worker in
                    if isJoined {
                        _ = try await worker.join()
                    }
                    let piece = String(repeating: "x", count: 1 << 16)
                    // 640 MiB: what is on its way until it is told is far less, however busy the machine is.
                    await #expect(throws: (any Error).self) {
                        for _ in 0..<10_000 {
                            try await worker.say(piece)
                        }
                    }
                }
            }
            try await master.takesAnother()
        }
    }

    @Test("before it has a lease, a connection ends behind 4096 bytes; with one, it may say more")
    func muchBeforeLease() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            // Lines that can't be read, each with its answer: 100 of them would end it, too.
            let line = "{\"type\":\"\(String(repeating: "x", count: 500))\"}\n"
            try await ScriptedWorker.with(master.server) { worker in
                try await worker.say(ScriptedWorker.hello)
                #expect(try await worker.next() == ScriptedWorker.hello)
                let most = (LimitBeforeLease.mostBytes - 100) / line.utf8.count
                try await worker.say(String(repeating: line, count: most))
                for _ in 0..<most {
                    guard case .error? = try await worker.next() else {
                        throw TestKitError("no answer")
                    }
                }
                try? await worker.say(line)
                #expect(try await worker.next() == nil)
            }
            try await ScriptedWorker.with(master.server) { worker in
                let lease = try await worker.join()
                for _ in 0..<50 {
                    try await worker.say(line)
                    guard case .error? = try await worker.next() else {
                        throw TestKitError("no answer")
                    }
                }
                try await worker.say(.bye(lease, code: 0, reason: "over", log: []))
            }
        }
    }

    @Test("lines that are none are answered a hundred times, then the connection is closed")
    func garbage() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            for line in ["garbage\n", "{\"type\":\"exec\"}\n", "{\"type\":\"error\",\"reason\":\"x\"}\n", "[]\n"] {
                try await ScriptedWorker.with(master.server) { worker in
                    try await worker.say(ScriptedWorker.hello)
                    #expect(try await worker.next() == ScriptedWorker.hello)
                    try await worker.say(String(repeating: line, count: 120))
                    var answers = 0
                    while let answer = try await worker.next() {
                        guard case .error = answer else {
                            Issue.record("\(answer)")
                            return
                        }
                        answers += 1
                    }
                    #expect(answers <= 100)
                }
            }
            try await master.takesAnother()
        }
    }

    @Test("a million messages: memory stays, and another joins meanwhile")
    func aMillionMessages() async throws {
        // Alone in a process, for others need memory, too.
        keepSocketsFromChildren()
        await #expect(processExitsWith: .success) { try await Self.sendAMillionMessages() }
    }

    private static func sendAMillionMessages() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 2) { master, _ in
            try await ScriptedWorker.with(master.server) { flood in
                let lease = try await flood.join()
                let before = Self.peakMemory
                let line = ControlCodec.encode(
                    .heartbeat(lease, WorkerHealth(daemon: "ready", load: 1, residentBytes: 1, reason: "x")))
                let lines = String(repeating: String(buffer: line), count: 1000)
                for thousand in 1...1000 {
                    try await flood.say(lines)
                    if thousand == 500 {
                        try await master.takesAnother()
                    }
                    for _ in 0..<1000 {
                        let answer = try await flood.next()
                        guard answer == .acknowledged else {
                            throw TestKitError("not acknowledged: \(String(describing: answer))")
                        }
                    }
                }
                let grown = Self.peakMemory - before
                #expect(grown < 300 << 20, "\(grown >> 20) MiB")
                #expect(master.status?.workers == MasterStatus.Workers(wanted: 2, leased: 1, registered: 1))
            }
            try await master.takesAnother()
        }
    }

    @Test("who says more than the master understands in that time waits: nothing is kept that has no turn")
    func saysMoreThanIsHeard() async throws {
        // Alone in a process, for others need memory, too.
        keepSocketsFromChildren()
        await #expect(processExitsWith: .success) { try await Self.sayMoreThanIsHeard() }
    }

    /// 120 MB in lines that take long to understand, and get no answer.
    private static func sayMoreThanIsHeard() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            try await ScriptedWorker.with(master.server) { worker in
                let lease = try await worker.join()
                let before = Self.peakMemory
                let secret = StreamSecret(bits: 7)
                let numbers = Array(repeating: "0", count: 30_000).joined(separator: ",")
                let line = "{\"type\":\"dial-failed\",\"secret\":\"\(secret)\",\"more\":[\(numbers)]}\n"
                for _ in 1...2000 {
                    try await worker.say(line)
                }
                try await worker.say(.heartbeat(lease, WorkerHealth(daemon: "ready")))
                #expect(try await worker.next() == .acknowledged)
                let grown = Self.peakMemory - before
                #expect(grown < 64 << 20, "\(grown >> 20) MiB")
            }
        }
    }

    @Test("who says a million things and does not read the answers is closed, and its slot is free")
    func doesNotRead() async throws {
        try await RunningMaster.with(
            TestRecipe(), workers: 1, configure: { $0.ledgerLimits.grace = .milliseconds(500) }
        ) { master, _ in
            try await ScriptedWorker.with(master.server) { flood in
                let lease = try await flood.join()
                let line = ControlCodec.encode(.heartbeat(lease, WorkerHealth(daemon: "ready")))
                let lines = String(repeating: String(buffer: line), count: 1000)
                // It is read to its end, but not heard.
                for _ in 1...1000 {
                    guard (try? await flood.say(lines)) != nil else { break }
                }
                try await master.eventually("the slot is free") { $0.workers.leased == 0 }
            }
            try await master.eventually(tells: "its connection was lost")
            try await master.takesAnother()
        }
    }

    /// Of this process, in bytes.
    private static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss << 10
    }

    @Test("who claims and never registers loses the slot, and the user knows why")
    func neverRegisters() async throws {
        try await RunningMaster.with(
            TestRecipe(), workers: 1, configure: { $0.ledgerLimits.registration = .seconds(5) }
        ) { master, _ in
            try await ScriptedWorker.with(master.server) { worker in
                let answer = try await worker.claim()
                guard case .lease(let lease, _)? = answer else {
                    throw TestKitError("no lease: \(String(describing: answer))")
                }
                #expect(master.status?.workers.leased == 1 || master.status?.workers.leased == 0)
                #expect(try await worker.next() == .leaseLost)
                #expect(try await worker.next() == nil)
                try await master.eventually(tells: "it did not register in time")
                #expect(try await master.workers().allSatisfy { $0.lease != lease })
            }
            try await master.takesAnother()
        }
    }

    @Test("who fails again and again is told to the user, the last fifty times")
    func problems() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            for number in 1...60 as ClosedRange<Int32> {
                try await ScriptedWorker.with(master.server) { worker in
                    let lease = try await worker.join()
                    try await worker.say(.bye(lease, code: 1, reason: "failure \(number)", log: []))
                    while try await worker.next() != nil {}
                }
            }
            #expect(try await master.problems() == (11...60).map { "failure \($0)" })
        }
    }

    @Test("a newline in a name gets into no file and on no line")
    func newlineInNames() async throws {
        let evil = "alice\nworker mallory@evil port=1 pref=100"
        try await RunningMaster.with(ProofFileRecipe(), workers: 2) { master, _ in
            let file = master.directory.appendingPathComponent("head/\(ProofFileRecipe.file)").path
            try await ScriptedWorker.with(master.server) { good in
                let lease = try await good.join()
                try await eventually("it stands in proof.conf") {
                    (try? String(contentsOfFile: file, encoding: .utf8))?.contains("worker alice@127.0.0.1") == true
                }
                let before = try String(contentsOfFile: file, encoding: .utf8)

                // The account.
                try await ScriptedWorker.with(master.server) { worker in
                    guard case .lease(let lease, _)? = try await worker.claim(host: evil) else {
                        throw TestKitError("no lease")
                    }
                    let view = try await master.workers().first { $0.lease == lease }
                    #expect(view?.host == evil)
                    let table = WorkerTable(try await master.workers(), now: 0)
                    #expect(table.lines.allSatisfy { !$0.contains("\n") })
                    let contact = try Address(parsing: "127.0.0.1:20001")
                    try await worker.say(.register(lease, Registration(contact: contact, account: evil)))
                    guard case .refused(.forbidden, let reason)? = try await worker.next() else {
                        throw TestKitError("it was not refused")
                    }
                    #expect(reason.hasPrefix("account: ") && !reason.contains("\n"))
                }
                try await master.eventually(tells: "account: expected an account's name")
                // The contact, and a host without an end.
                try await ScriptedWorker.with(master.server) { worker in
                    guard case .lease(let lease, _)? = try await worker.claim() else {
                        throw TestKitError("no lease")
                    }
                    let contact = #""contact":"evil\nworker x:1","account":"alice","versions":{}"#
                    try await worker.say("{\"type\":\"register\",\"lease\":\"\(lease)\",\(contact)}\n")
                    guard case .error(let reason)? = try await worker.next() else {
                        throw TestKitError("it was taken")
                    }
                    #expect(!reason.contains("\n"))
                    try await worker.say(.bye(lease, code: 0, reason: evil, log: []))
                }
                try await ScriptedWorker.with(master.server) { worker in
                    guard case .error? = try await worker.claim(host: String(repeating: "x", count: 256)) else {
                        throw TestKitError("it was taken")
                    }
                }
                #expect(try String(contentsOfFile: file, encoding: .utf8) == before)
                try await good.say(.bye(lease, code: 0, reason: "over", log: []))
            }
            try await master.eventually("no slot is held") { $0.workers.leased == 0 }
        }
    }
}

/// No daemons, but the files that xproofd's head has.
private struct ProofFileRecipe: Recipe {
    static let file = "proof.conf"
    let name = "test"

    func worker(lease: LeaseID, parameters: [String: String], at site: DaemonSite) throws -> DaemonPlan {
        TestRecipe.plan("echo ready; exec sleep 600")
    }

    func headFiles(for workers: [RegisteredWorker], at site: DaemonSite) throws -> [DaemonFile] {
        try XProofDRecipe().headFiles(for: workers, at: site)
    }
}

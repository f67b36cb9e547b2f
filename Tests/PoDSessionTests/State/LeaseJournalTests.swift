import Foundation
import PoDCore
import PoDSession
import PoDTestKit
import Testing

/// The journal: what was acknowledged is there after whatever happened.
@Suite(.timeLimit(.minutes(10)))
struct LeaseJournalTests {
    static func granted(_ number: UInt64, holder: String? = nil) -> SlotLedger.Granted {
        SlotLedger.Granted(
            id: LeaseID(epoch: 5, number: number), claim: ClaimID(high: 1, low: number), holder: holder)
    }

    static func path(in directory: URL) -> String { directory.appendingPathComponent("leases.jsonl").path }

    @Test("a new journal is empty, and holds what was added when it is opened again")
    func addsAndReads() throws {
        try TemporaryDirectory.with { directory in
            let path = Self.path(in: directory)
            let holder = "CE \"x\"\n\u{1F600}"
            do {
                let journal = try LeaseJournal(path: path)
                #expect(journal.leases == JournalledLeases())
                try journal.append([.wanted(7), .grant(Self.granted(1)), .grant(Self.granted(2, holder: holder))])
                try journal.append([])
                try journal.append([.grant(Self.granted(3)), .end(LeaseID(epoch: 5, number: 1)), .wanted(4)])
                try journal.append([.end(LeaseID(epoch: 4, number: 99))])
            }
            let leases = try LeaseJournal(path: path).leases
            #expect(leases.wanted == 4)
            #expect(leases.granted == [Self.granted(2, holder: holder), Self.granted(3)])
            #expect(try Self.mode(path) == 0o600)
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 7)
            #expect(lines[1] == #"{"grant":"5.1","claim":"00000000000000010000000000000001"}"#)
        }
    }

    @Test("the ports of forwarded leases are kept as long as these, also when the journal is written anew")
    func ports() throws {
        try TemporaryDirectory.with { directory in
            let path = Self.path(in: directory)
            let (first, second) = (Self.granted(1).id, Self.granted(2).id)
            do {
                let journal = try LeaseJournal(path: path)
                try journal.append([
                    .grant(Self.granted(1)), .forwarded(first, port: 20017), .grant(Self.granted(2)),
                    .forwarded(second, port: 20018), .end(first), .forwarded(Self.granted(9).id, port: 20019),
                ])
                let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
                #expect(lines[1] == #"{"forwarded":"5.1","port":20017}"#)
            }
            let journal = try LeaseJournal(path: path)
            #expect(journal.leases.ports == [second: 20018])
            #expect(journal.leases.entries == [.grant(Self.granted(2)), .forwarded(second, port: 20018)])
            #expect(journal.leases.count == 2)
            try journal.append((0...LeaseJournal.shortest).map { .wanted($0) })
            #expect(try LeaseJournal(path: path).leases.ports == [second: 20018])
            try journal.append([.end(second)])
            #expect(journal.leases.ports.isEmpty)
        }
    }

    @Test("a torn last line counts for nothing, wherever it was torn, and is no part of the next")
    func tornLine() throws {
        try TemporaryDirectory.with { directory in
            let path = Self.path(in: directory)
            try LeaseJournal(path: path).append([.wanted(3), .grant(Self.granted(1)), .grant(Self.granted(2))])
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            let last = try #require(whole.dropLast().lastIndex(of: UInt8(ascii: "\n"))) + 1
            for length in last..<whole.count {
                try whole.prefix(length).write(to: URL(fileURLWithPath: path))
                let journal = try LeaseJournal(path: path)
                #expect(journal.leases.granted == [Self.granted(1)])
                try journal.append([.grant(Self.granted(9))])
                #expect(try LeaseJournal(path: path).leases.granted == [Self.granted(1), Self.granted(9)])
            }
            // What a file system leaves behind that had only made room for the line.
            try (whole.prefix(last) + Data(count: 500)).write(to: URL(fileURLWithPath: path))
            #expect(try LeaseJournal(path: path).leases.granted == [Self.granted(1)])
        }
    }

    @Test(
        "any other damage is refused with its line",
        arguments: [
            ("", "byte"), ("{", "byte"), ("\u{0}\u{0}", "byte"), ("{}", "expected grant"),
            (#"{"grant":"5.1"}"#, "expected grant"), (#"{"grant":"5.1","claim":"1"}"#, "claim"),
            (#"{"end":"5"}"#, "lease"), (#"{"wanted":-1}"#, "expected grant"), (#"{"wanted":1.5}"#, "expected grant"),
        ])
    func damage(line: String, problem: String) throws {
        try TemporaryDirectory.with { directory in
            let path = Self.path(in: directory)
            try Data("{\"wanted\":3}\n\(line)\n{\"wanted\":4}\n".utf8).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: SessionError.self) { try LeaseJournal(path: path) }
            #expect(error?.status == .data)
            let text = error?.description ?? ""
            #expect(text.contains("leases.jsonl: line 2 is damaged") && text.contains(problem), "\(text)")
        }
    }

    @Test("10,000 leases are journalled and read back, and the journal does not grow with what has ended")
    func manyLeases() throws {
        try TemporaryDirectory.with { directory in
            let path = Self.path(in: directory)
            let all = (1...10_000).map { Self.granted($0, holder: "ALICE::Site::CE") }
            do {
                let journal = try LeaseJournal(path: path)
                for start in stride(from: 0, to: all.count, by: 100) {
                    try journal.append(all[start..<start + 100].map { .grant($0) })
                }
            }
            #expect(try LeaseJournal(path: path).leases.granted == all)

            let journal = try LeaseJournal(path: path)
            // Come and go, many times as many as live.
            for round in 1...10 as ClosedRange<UInt64> {
                let others = (1...1000).map { Self.granted(round * 100_000 + $0) }
                try journal.append(others.map { .grant($0) })
                try journal.append(others.map { .end($0.id) })
            }
            try journal.append(all.dropFirst(10).map { .end($0.id) })
            for number in 1...5000 {
                try journal.append([.wanted(number)])
            }
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(lines.count <= LeaseJournal.shortest + 1)
            let leases = try LeaseJournal(path: path).leases
            #expect(leases.granted == Array(all.prefix(10)))
            #expect(leases.wanted == 5000)
            #expect(leases == journal.leases)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["leases.jsonl"])
        }
    }

    @Test("what can't be written is not added, and leaves the journal as it was", .enabled(if: SmallDisk.isAvailable))
    func fullDisk() throws {
        try SmallDisk.with(bytes: 256 << 10) { disk in
            let path = "\(disk)/leases.jsonl"
            let journal = try LeaseJournal(path: path)
            try journal.append([.grant(Self.granted(1))])
            try SmallDisk.fill(disk)
            let before = try Data(contentsOf: URL(fileURLWithPath: path))

            // The first of these lines still fit into the file's last page.
            let many = (2...200 as ClosedRange<UInt64>).map { JournalledLeases.Entry.grant(Self.granted($0)) }
            for _ in 0..<3 {
                let error = #expect(throws: SessionError.self) { try journal.append(many) }
                #expect(error?.status == .cannotCreate)
                #expect(error?.description == "can't write \"\(path)\": No space left on device")
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
                #expect(journal.leases.granted == [Self.granted(1)])
            }
            unlink("\(disk)/filler")
            try journal.append(many)
            #expect(journal.leases.granted.count == 200)
            #expect(try LeaseJournal(path: path).leases == journal.leases)
        }
    }

    @Test("a journal that can't be made shorter on a full disk goes on", .enabled(if: SmallDisk.isAvailable))
    func fullDiskWhileCompacting() throws {
        try SmallDisk.with(bytes: 512 << 10) { disk in
            let path = "\(disk)/leases.jsonl"
            let journal = try LeaseJournal(path: path)
            let long = String(repeating: "x", count: 20_000)
            try journal.append([.grant(Self.granted(1, holder: long))])
            // Room for the lines to come, but not for a second file.
            try SmallDisk.fill(disk, butFor: 16384)
            for _ in 0...LeaseJournal.shortest / 10 {
                try journal.append((1...11).map { _ in .wanted(1) })
            }
            #expect(try LeaseJournal(path: path).leases == journal.leases)
            #expect(try FileManager.default.contentsOfDirectory(atPath: disk).sorted() == ["filler", "leases.jsonl"])
        }
    }

    @Test("what was acknowledged before kill -9 is there after it")
    func killed() async throws {
        try await TemporaryDirectory.with { directory in
            let path = Self.path(in: directory)
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let journal = try LeaseJournal(path: path)
                try journal.append([.wanted(2)])
                try journal.append([.grant(Self.granted(1)), .grant(Self.granted(2))])
                kill(getpid(), SIGKILL)
            }
            let leases = try LeaseJournal(path: path).leases
            #expect(leases.granted == [Self.granted(1), Self.granted(2)])
            #expect(leases.wanted == 2)
        }
    }

    @Test("a file size limit is an error like a full disk")
    func sizeLimit() async throws {
        try await TemporaryDirectory.with { directory in
            let path = Self.path(in: directory)
            await #expect(processExitsWith: .exitCode(PoDCore.ExitStatus.cannotCreate.rawValue)) {
                [path = path as String] in
                let journal = try LeaseJournal(path: path)
                try journal.append([.grant(Self.granted(1))])
                signal(SIGXFSZ, SIG_IGN)
                var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
                setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
                do {
                    try journal.append((2...100 as ClosedRange<UInt64>).map { .grant(Self.granted($0)) })
                } catch let error as SessionError {
                    exit(error.status.rawValue)
                }
            }
            let leases = try LeaseJournal(path: path).leases
            #expect(leases.granted == [Self.granted(1)])
        }
    }

    private static func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}

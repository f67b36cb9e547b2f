import Foundation
import PoDCore
import PoDRecipes
import PoDSession
import PoDTestKit
import PoDTickets
import Testing

/// What a master finds again when it is started again, and who may have it.
@Suite(.timeLimit(.minutes(10)))
struct StateDirectoryTests {
    @Test("key, port, epoch, authority and journal are found again")
    func keeps() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            let authority = [
                DaemonFile(name: "ca.pem", text: "certificate\n"),
                DaemonFile(name: "ca.key", text: "key\n"),
            ]
            let ports = StateDirectory.Ports(control: 20_123, head: 20_124, dashboard: 20_125)
            let lease = LeaseJournalTests.granted(1)
            var key: [UInt8] = []
            do {
                let state = try StateDirectory(path: path + "/")
                #expect(state.path == path)
                #expect(try state.lastPorts() == StateDirectory.Ports())
                #expect(try state.authority() == nil)
                key = try state.sessionKey().publicKey.bytes
                #expect(try state.nextEpoch(millisecondsSince1970: 1000) == 1000)
                try state.store(ports)
                try state.store(authority: authority)
                try state.journal().append([.grant(lease)])
            }
            let state = try StateDirectory(path: path)
            #expect(try state.sessionKey().publicKey.bytes == key)
            #expect(try state.lastPorts() == ports)
            #expect(try state.authority() == authority)
            #expect(try state.journal().leases.granted == [lease])
            #expect(try state.nextEpoch(millisecondsSince1970: 5) == 1001)
            #expect(try state.nextEpoch(millisecondsSince1970: 5) == 1002)
            #expect(try state.nextEpoch(millisecondsSince1970: 2000) == 2000)
            #expect(try state.lastPorts() == ports)
            let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            #expect(names == ["authority.json", "leases.jsonl", "lock", "master.json", "session-key.pem"])
            for name in names {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
            }
        }
    }

    @Test("a second master is refused, and told who has it; after kill -9 the next has it at once")
    func locked() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            do {
                let first = try StateDirectory(path: path)
                let same = #expect(throws: SessionError.self) { try StateDirectory(path: path) }
                #expect(
                    same?.description
                        == "state directory \"\(path)\": in use by another master, process \(getpid())")
                await #expect(processExitsWith: .exitCode(PoDCore.ExitStatus.temporary.rawValue)) {
                    [path = path as String, holder = getpid() as Int32] in
                    do {
                        _ = try StateDirectory(path: path)
                    } catch let error as SessionError {
                        exit(error.description.hasSuffix("process \(holder)") ? error.status.rawValue : 1)
                    }
                }
                #expect(first.isStillOurs)
            }
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let state = try StateDirectory(path: path)
                kill(getpid(), SIGKILL)
                withExtendedLifetime(state) {}
            }
            #expect(try StateDirectory(path: path).isStillOurs)
        }
    }

    @Test("the lock is lost with its file or the directory")
    func lockLost() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            let lock = "\(path)/lock"
            var state = try StateDirectory(path: path)
            try FileManager.default.removeItem(atPath: lock)
            #expect(!state.isStillOurs)
            let second = try StateDirectory(path: path)
            #expect(second.isStillOurs && !state.isStillOurs)

            state = second
            try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
            #expect(!state.isStillOurs)
            #expect(try StateDirectory(path: path).isStillOurs)
            #expect(!state.isStillOurs)
        }
    }

    @Test("a directory that others may read, a file and a place that can't be written are refused by name")
    func refused() throws {
        try TemporaryDirectory.with { directory in
            let cases: [(name: String, status: PoDCore.ExitStatus, make: (String) throws -> Void)] = [
                ("open", .noPermission, { mkdir($0, 0o755) }),
                (
                    "group", .noPermission,
                    {
                        mkdir($0, 0o700); chmod($0, 0o770)
                    }
                ),
                ("file", .noPermission, { try Data().write(to: URL(fileURLWithPath: $0)) }),
                ("none/state", .cannotCreate, { _ in }),
            ]
            for (name, status, make) in cases {
                let path = directory.appendingPathComponent(name).path
                try make(path)
                let error = #expect(throws: SessionError.self) { try StateDirectory(path: path) }
                #expect(error?.status == status)
                #expect(error?.description.contains(path) == true)
            }
            #expect(throws: SessionError.self) { try StateDirectory(path: "") }
        }
    }

    @Test("a link in the lock's place is not followed")
    func linkedLock() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            let target = directory.appendingPathComponent("target")
            try Data("precious".utf8).write(to: target)
            mkdir(path, 0o700)
            symlink(target.path, "\(path)/lock")
            let error = #expect(throws: SessionError.self) { try StateDirectory(path: path) }
            #expect(error?.status == .cannotCreate)
            #expect(try String(contentsOf: target, encoding: .utf8) == "precious")
        }
    }

    @Test(
        "a damaged file is refused by name, for an epoch must not be guessed",
        arguments: ["", "{", "[]", "{}", #"{"epoch":5}"#, #"{"epoch":"-1"}"#, #"{"epoch":"18446744073709551615"}"#])
    func damaged(text: String) throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            let state = try StateDirectory(path: path)
            let file = "\(path)/master.json"
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            let error = #expect(throws: SessionError.self) { try state.nextEpoch() }
            #expect(error?.status == .data)
            #expect(error?.description.hasPrefix(file) == true)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
        }
    }

    @Test("a full disk is an error that names the file, and what was there stays", .enabled(if: SmallDisk.isAvailable))
    func fullDisk() throws {
        try SmallDisk.with(bytes: 256 << 10) { disk in
            let path = "\(disk)/state"
            let state = try StateDirectory(path: path)
            let epoch = try state.nextEpoch()
            try state.store(authority: [DaemonFile(name: "a", text: "b")])
            try SmallDisk.fill(disk)
            let attempts: [() throws -> Void] = [
                { _ = try state.nextEpoch() }, { try state.store(StateDirectory.Ports(control: 4711)) },
                { try state.store(authority: [DaemonFile(name: "a", text: "c")]) },
                { _ = try state.sessionKey() },
            ]
            for attempt in attempts {
                let error = #expect(throws: SessionError.self) { try attempt() }
                #expect(error?.status == .cannotCreate)
                let text = error?.description ?? ""
                #expect(text.contains(path) && text.contains("No space left on device"), "\(text)")
            }
            #expect(try state.authority() == [DaemonFile(name: "a", text: "b")])
            #expect(try state.lastPorts() == StateDirectory.Ports())
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: path).sorted()
                    == ["authority.json", "lock", "master.json"])
            unlink("\(disk)/filler")
            #expect(try state.nextEpoch(millisecondsSince1970: 0) == epoch + 1)
            _ = try state.sessionKey()
        }
    }
}

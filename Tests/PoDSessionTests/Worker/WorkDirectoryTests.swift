import Foundation
import PoDCore
import PoDSession
import PoDTestKit
import Testing

/// A lease's directory, and what is left of it.
@Suite(.timeLimit(.minutes(10)))
struct WorkDirectoryTests {
    private static func lease(_ number: UInt64) -> LeaseID { LeaseID(epoch: 5, number: number) }

    private static func names(_ directory: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    @Test("everything goes but the log, whatever the daemon left")
    func removes() throws {
        try TemporaryDirectory.with { directory in
            let outside = directory.appendingPathComponent("outside")
            try Data("precious".utf8).write(to: outside)
            let parent = directory.appendingPathComponent("worker")
            let work = try WorkDirectory(below: parent.path, lease: Self.lease(1))
            #expect(work.path == "\(parent.path)/5.1")
            let attributes = try FileManager.default.attributesOfItem(atPath: work.path)
            #expect(attributes[.posixPermissions] as? Int == 0o700)
            #expect(try Self.names(parent) == ["5.1"])

            try Data("line\n".utf8).write(to: URL(fileURLWithPath: work.logPath(of: "daemon")))
            mkdir("\(work.path)/closed", 0o700)
            try Data().write(to: URL(fileURLWithPath: "\(work.path)/closed/file"))
            chmod("\(work.path)/closed", 0)
            symlink(outside.path, "\(work.path)/link")
            mkfifo("\(work.path)/pipe", 0o600)
            work.remove(archiving: "daemon")
            #expect(try Self.names(parent) == ["logs"])
            #expect(try String(contentsOfFile: work.archivedLogPath, encoding: .utf8) == "line\n")
            #expect(try String(contentsOf: outside, encoding: .utf8) == "precious")
            // Twice, and without a log, is no trouble.
            work.remove(archiving: "daemon")
            #expect(try Self.names(parent.appendingPathComponent("logs")) == ["5.1.log"])
        }
    }

    @Test("the last logs are kept, all parts of each")
    func boundedLogs() throws {
        try TemporaryDirectory.with { directory in
            for number in 1...25 as ClosedRange<UInt64> {
                let work = try WorkDirectory(below: directory.path, lease: Self.lease(number))
                for part in ["", ".1", ".first"] {
                    try Data().write(to: URL(fileURLWithPath: work.logPath(of: "daemon") + part))
                }
                work.remove(archiving: "daemon")
            }
            let names = try Self.names(directory.appendingPathComponent("logs"))
            #expect(names.count == 20 * 3)
            #expect(!names.contains("5.5.log") && names.contains("5.6.log.first") && names.contains("5.25.log.1"))
        }
    }

    @Test("large logs push out the older ones, but never the newest")
    func largeLogs() throws {
        try TemporaryDirectory.with { directory in
            for (number, size) in [(1, 1), (2, 32 << 20), (3, 128 << 20)] {
                let work = try WorkDirectory(below: directory.path, lease: Self.lease(UInt64(number)))
                let path = work.logPath(of: "daemon")
                try Data().write(to: URL(fileURLWithPath: path))
                // A hole takes no room on the disk.
                truncate(path, off_t(size))
                work.remove(archiving: "daemon")
            }
            #expect(try Self.names(directory.appendingPathComponent("logs")) == ["5.3.log"])
        }
    }

    @Test("what a killed worker left is removed by the next, a living one's is not")
    func abandoned() async throws {
        try await TemporaryDirectory.with { directory in
            let living = try WorkDirectory(below: directory.path, lease: Self.lease(1))
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
                let work = try WorkDirectory(below: path, lease: Self.lease(2))
                try Data().write(to: URL(fileURLWithPath: "\(work.path)/file"))
                kill(getpid(), SIGKILL)
                withExtendedLifetime(work) {}
            }
            try Data().write(to: directory.appendingPathComponent("server_info.json"))
            #expect(try Self.names(directory) == ["5.1", "5.2", "server_info.json"])
            let next = try WorkDirectory(below: directory.path, lease: Self.lease(3))
            #expect(try Self.names(directory) == ["5.1", "5.3", "server_info.json"])
            try Data().write(to: URL(fileURLWithPath: "\(living.path)/file"))
            let error = #expect(throws: SessionError.self) {
                try WorkDirectory(below: directory.path, lease: Self.lease(1))
            }
            #expect(error?.status == .temporary)
            withExtendedLifetime((living, next)) {}
        }
    }

    @Test("a place that can't be written is refused by name")
    func refused() {
        let error = #expect(throws: SessionError.self) {
            try WorkDirectory(below: "/proc/none", lease: Self.lease(1))
        }
        #expect(error?.status == .cannotCreate)
        #expect(error?.description.contains("/proc/none") == true)
    }
}

import Foundation
import PoDSession
import PoDTestKit
import Testing

/// A daemon's log: bounded, and its end readable.
@Suite(.timeLimit(.minutes(10)))
struct DaemonLogTests {
    private static func sizes(_ path: String) -> [Int] {
        DaemonLog.parts(of: path).map { part in
            let attributes = try? FileManager.default.attributesOfItem(atPath: part)
            return attributes?[.size] as? Int ?? 0
        }
    }

    @Test("a daemon that prints without end leaves the first part, the last two, and nothing else")
    func bounded() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("daemon.log").path
            let log = try DaemonLog(path: path, largestPart: 10_000)
            for number in 1...20_000 {
                log.append("line \(number)")
            }
            #expect(Self.sizes(path).allSatisfy { 0 < $0 && $0 <= 10_000 })
            #expect(Self.sizes(path)[1] > 9000)
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
            #expect(names == ["daemon.log", "daemon.log.1", "daemon.log.first"])
            let first = try String(contentsOfFile: "\(path).first", encoding: .utf8)
            #expect(first.hasPrefix("line 1\nline 2\n"))
            #expect(LogTail.lines(of: path, last: 3) == ["line 19998", "line 19999", "line 20000"])
            // Across the parts.
            let tail = LogTail.lines(of: path, last: 1000)
            #expect(tail == (19_001...20_000).map { "line \($0)" })
        }
    }

    @Test("a daemon that is started again goes on in the same log, a line longer than a part is cut")
    func goesOn() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("daemon.log").path
            for run in 1...3 {
                let log = try DaemonLog(path: path, largestPart: 1000)
                log.append("run \(run)")
                log.append(String(repeating: "x", count: 100_000))
            }
            #expect(Self.sizes(path).reduce(0, +) <= 3000)
            #expect(LogTail.lines(of: path, last: 100).filter { $0.hasPrefix("run") } == ["run 1", "run 2", "run 3"])
        }
    }

    @Test("a full disk does not stop it", .enabled(if: SmallDisk.isAvailable))
    func fullDisk() throws {
        try SmallDisk.with(bytes: 64 << 10) { disk in
            let path = "\(disk)/daemon.log"
            let log = try DaemonLog(path: path, largestPart: 8192)
            log.append("first")
            try SmallDisk.fill(disk)
            for number in 1...5000 {
                log.append("line \(number)")
            }
            unlink("\(disk)/filler")
            log.append("last")
            #expect(LogTail.lines(of: path, last: 1).first?.hasSuffix("last") == true)
        }
    }

    @Test func refusesALink() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("daemon.log").path
            symlink("/dev/null", path)
            let error = #expect(throws: SessionError.self) { try DaemonLog(path: path) }
            #expect(error?.description.contains(path) == true)
        }
    }
}

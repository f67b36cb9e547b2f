import Foundation
import PoDCore
import PoDRecipes
import PoDSession
import PoDTestKit
import Testing

/// What a daemon uses, by `/proc`.
@Suite(.timeLimit(.minutes(10)))
struct ProcessUsageTests {
    private static func line(
        _ pid: Int, _ name: String, parent: Int, group: Int, ticks: (Int, Int, Int, Int), pages: Int
    ) -> String {
        "\(pid) (\(name)) S \(parent) \(group) 39 0 -1 4194560 100 0 0 0 \(ticks.0) \(ticks.1) \(ticks.2) \(ticks.3) "
            + "20 0 1 0 12345 1000000 \(pages) 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 3 0 0 0 0 0\n"
    }

    @Test func readsALine() throws {
        let entry = try #require(
            ProcessEntry(parsing: Self.line(42, "a) S 1 (b c", parent: 7, group: 40, ticks: (1, 2, 3, 4), pages: 9)))
        #expect(entry.processID == 42)
        #expect(entry.parentID == 7)
        #expect(entry.groupID == 40)
        #expect(entry.sessionID == 39)
        #expect(entry.startTicks == 12345)
        #expect(entry.processorTicks == 10)
        #expect(entry.residentPages == 9)
    }

    @Test(arguments: [
        "", "42", "42 (x", ")(", "42 (x) S 1 2", "x (y) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21",
    ])
    func notALine(line: String) {
        #expect(ProcessEntry(parsing: line) == nil)
    }

    @Test("the group counts, and what its members started elsewhere, each once")
    func sums() throws {
        let entries = [
            (1, 0, 1), (40, 1, 40), (41, 40, 40), (50, 41, 50), (51, 50, 51), (60, 1, 60),
        ].compactMap { pid, parent, group in
            ProcessEntry(parsing: Self.line(pid, "x", parent: parent, group: group, ticks: (50, 25, 25, 0), pages: 2))
        }
        #expect(entries.count == 6)
        let usage = ProcessUsage(group: 40, of: entries)
        #expect(usage.processes == 4)
        #expect(usage.processorTime == .seconds(4.0 * 100 / Double(sysconf(Int32(_SC_CLK_TCK)))))
        #expect(usage.residentBytes == 8 * Int64(sysconf(Int32(_SC_PAGESIZE))))
        #expect(ProcessUsage(group: 99, of: entries).processes == 0)
    }

    @Test("real processes: one that works, and one that left the group")
    func realProcesses() async throws {
        let script = "setsid sh -c 'while :; do :; done' & echo $!; while :; do :; done"
        try await ChildProcess.run("sh", arguments: ["-c", script]) { child in
            let escaped = try #require(try await child.nextLine().flatMap { Int32($0) })
            defer { kill(escaped, SIGKILL) }
            try await eventually("both work") {
                let usage = ProcessUsage(group: child.processID)
                return usage.processes == 2 && usage.processorTime > .milliseconds(200)
                    && usage.residentBytes > 100_000
            }
        }
    }
}

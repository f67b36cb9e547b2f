import Foundation
import PoDTestKit
import Testing

/// The demo, as the README shows it.
@Suite(.timeLimit(.minutes(20)), .serialized)
struct DemoTests {
    @Test("the whole path, a worker killed and replaced, and nothing left")
    func wholePath() async throws {
        let arguments = ["demo", "--agents", "3", "--workers", "2"]
        try await ChildProcess.run(Products.alienPod, arguments: arguments, environment: Products.environment) { demo in
            var lines: [String] = []
            while let line = try await demo.nextLine(within: .seconds(700)) {
                lines.append(line)
            }
            #expect(try await demo.ending() == .exited(code: 0), "\(demo.errorText)")
            let steps = [
                "monitor", "master", "advertised", "enough", "silence", "killed", "lost", "advertised again",
                "replaced",
                "computed", "everything is stopped",
            ]
            let told = lines.compactMap { line in
                line.hasPrefix("[") ? line.drop { $0 != "]" }.dropFirst(2).prefix { $0 != ":" } : nil
            }
            #expect(told.map(String.init) == steps)
            #expect(Self.processes(of: demo).isEmpty)
        }
    }

    @Test("an interrupt in the middle cleans up too")
    func interrupted() async throws {
        try await ChildProcess.run(
            Products.alienPod, arguments: ["demo", "--agents", "3", "--workers", "2"],
            environment: Products.environment
        ) { demo in
            _ = try await demo.firstLine(within: .seconds(700)) { $0.contains("enough") }
            #expect(!Self.processes(of: demo).isEmpty)
            demo.send(signal: SIGINT)
            #expect(try await demo.ending() == .exited(code: 75))
            #expect(Self.processes(of: demo).isEmpty)
        }
    }

    /// All processes that carry the demo's directory in their command line.
    private static func processes(of demo: ChildProcess) -> [String] {
        let mark = Data("alien-pod-demo-\(demo.processID)/".utf8)
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.filter { process in
            FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.range(of: mark) != nil
        }
    }
}

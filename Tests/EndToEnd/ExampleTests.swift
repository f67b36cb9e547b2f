import Foundation
import PoDCore
import PoDTestKit
import Testing

/// The programs below `examples/`, on sessions made with `alien-pod up`.
@Suite(.timeLimit(.minutes(30)), .serialized)
struct ExampleTests {
    private static func example(_ path: String) -> String {
        Products.root.appendingPathComponent("examples/\(path)").path
    }

    @Test("plain Dask: through connect's environment, and as another process with the lines it prints")
    func dask() async throws {
        try await SessionHome.with { home in
            // The first time ever, Dask is installed, with what its page needs.
            let up = try await home.run(["up", "-n", "2", "--dashboard", "--json"], within: .seconds(900))
            #expect(up.ending == .exited(code: 0), "\(up.errors)")
            let connection = try JSONValue(parsing: Array(up.lines.joined().utf8))

            let program = ["python", Self.example("dask/dimuon.py"), "--runs", "12", "--pairs", "20000"]
            let example = try await home.run(["connect", "--"] + program, within: .seconds(300))
            #expect(example.ending == .exited(code: 0), "\(example.errors)")
            #expect(example.lines.first == "12 runs of 20000 muon pairs on 2 workers")
            #expect(example.lines.last?.hasSuffix("the same as computed here") == true)

            try await Self.useLines(of: connection, home)
            let processes = try home.processes(of: "default")
            #expect(processes.map(\.kind) == ["master", "worker", "worker", "connection"])

            // A session that ends by itself takes the connection along.
            kill(processes[0].processID, SIGTERM)
            try await eventually("all have ended") { processes.haveEnded }
        }
    }

    /// A Python that has nothing but what `up` printed computes, and sees the scheduler's page.
    private static func useLines(of connection: JSONValue, _ home: SessionHome) async throws {
        let lines = (connection["lines"]?.array ?? []).compactMap(\.string)
        let dashboard = try #require(connection["ports"]?["dashboard"]?.string)
        let program =
            lines + [
                "import urllib.request",
                "print(client.submit(sum, range(1000)).result(60))",
                "page = urllib.request.urlopen('http://\(dashboard)/status', timeout=60)",
                "text = page.read().decode()",
                "print(page.status, 'Dask' in text, 'bokeh' in text)",
            ]
        let python = try #require(
            SessionStatus(at: home.path(of: "default").appendingPathComponent("status.json"))?.detail("python"))
        let arguments = ["-c", program.joined(separator: "\n")]
        try await ChildProcess.run(python, arguments: arguments) { client in
            let result = try await client.nextLine()
            let page = try await client.nextLine()
            #expect(try await client.ending() == .exited(code: 0))
            #expect([result, page] == ["499500", "200 True True"], "\(client.errorText)")
        }
    }

    private static let rootPython = ProcessInfo.processInfo.environment["ALIEN_POD_ROOT_PYTHON"]

    @Test(
        "ROOT's distributed RDataFrame",
        .enabled(if: rootPython != nil, "ROOT's wheel is several hundred MB: bin/test --root"))
    func root() async throws {
        let python = try #require(Self.rootPython)
        try await SessionHome.with { home in
            let up = try await home.run(["up", "-n", "2", "--python", python], within: .seconds(300))
            #expect(up.ending == .exited(code: 0), "\(up.errors)")
            let program = ["python", Self.example("root/dimuon.py"), "--files", "3", "--pairs", "100000"]
            let example = try await home.run(["connect", "--"] + program, within: .seconds(900))
            #expect(example.ending == .exited(code: 0), "\(example.errors)")
            #expect(example.lines.contains { $0.hasSuffix("3 files of 100000 muon pairs on 2 workers") })
            #expect(
                example.lines.contains { $0.contains("peak at 3.0") && $0.hasSuffix("the same as computed here") },
                "\(example.lines)")
        }
    }
}

import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit

/// A real daemon of a plan, run as a session runs it, for the time of a test.
enum RunningDaemon {
    /// Lays out the plan in the site's directory, runs it there, and waits until it is ready.
    static func run<Result>(
        _ plan: DaemonPlan, in directory: String, path: String? = nil,
        isolation: isolated (any Actor)? = #isolation, _ body: (ChildProcess) async throws -> Result
    ) async throws -> Result {
        try plan.layOut(in: directory)
        var environment = DaemonEnvironment.allowed(of: ProcessInfo.processInfo.environment)
        environment.merge(plan.environment) { $1 }
        if let path {
            environment["PATH"] = "\(path):\(environment["PATH"] ?? "")"
        }
        return try await ChildProcess.run(
            "/bin/sh", arguments: ["-c", #"exec "$@" 2>&1"#, "sh"] + plan.command, environment: environment,
            directory: directory
        ) { child in
            try await self.waitUntilReady(child, plan.ready)
            return try await body(child)
        }
    }

    private static func waitUntilReady(_ child: ChildProcess, _ probe: ReadyProbe) async throws {
        switch probe {
        case .started: break
        case .line(let text): _ = try await child.firstLine(within: .seconds(60)) { $0.contains(text) }
        case .handshake:
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await probe.waitForAnswer() }
                group.addTask {
                    let ending = try await child.ending(within: .seconds(60))
                    throw TestKitError("the daemon ended: \(ending)")
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// A site on loopback, at a port that was free a moment ago.
    static func site(_ directory: URL, _ name: String) throws -> DaemonSite {
        let path = directory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        return try DaemonSite(directory: path, address: Address(host: "127.0.0.1", port: Int(Self.freePort())))
    }

    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard result == 0 else { throw TestKitError("no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}

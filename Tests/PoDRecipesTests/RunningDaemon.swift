import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit
import Synchronization

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
        case .line(let text): _ = try await child.firstLine { $0.contains(text) }
        case .handshake:
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await probe.waitForAnswer() }
                group.addTask {
                    let ending = try await child.ending()
                    throw TestKitError("the daemon ended: \(ending)")
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// A site on loopback, at a port of its own.
    static func site(_ directory: URL, _ name: String) throws -> DaemonSite {
        let path = directory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        return try DaemonSite(directory: path, address: Address(host: "127.0.0.1", port: Int(Self.freePort())))
    }

    /// A port that no other test is given, in this or in another process.
    static func freePort() throws -> UInt16 {
        let reservation = try PortReservation(from: 26000...29999)
        self.reservations.withLock { $0.append(reservation) }
        return reservation.port
    }

    /// Kept to the end of the process.
    private static let reservations = Mutex<[PortReservation]>([])
}

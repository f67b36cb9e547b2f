public import Foundation
public import PoDCore

/// `xrootd`: a file server beside the master, and one at each worker, each of its own directory `data`.
///
/// It takes connections from its own machine alone.
public struct XRootDRecipe: Recipe {
    public let name = "xrootd"
    private let setup: DaemonSetup?
    private let program: XRootDProgram

    private static let configurationName = "xrootd.cf"

    /// - Parameters:
    ///   - setup: Sourced before each daemon.
    ///   - isStartedByRoot: Whether root starts the daemons, who may not run them: they are then nobody's, in a user
    ///     namespace.
    public init(setup: DaemonSetup? = nil, isStartedByRoot: Bool = geteuid() == 0) {
        self.setup = setup
        self.program = XRootDProgram(name: "xrootd", isStartedByRoot: isStartedByRoot)
    }

    public func prepare(progress: @Sendable (String) -> Void) async throws {
        // A setup may bring it.
        if self.setup == nil {
            try await self.program.check(path: ProcessInfo.processInfo.environment["PATH"] ?? "")
        }
    }

    public func survey() async throws -> String {
        try await self.program.survey(
            after: self.setup, path: ProcessInfo.processInfo.environment["PATH"] ?? "")
    }

    public func head(at site: DaemonSite) throws -> HeadPlan {
        HeadPlan(daemon: try self.plan(at: site), details: [("xrootd", Self.url(of: site.contact))])
    }

    public func worker(lease: LeaseID, parameters: [String: String], at site: DaemonSite) throws -> DaemonPlan {
        try self.plan(at: site)
    }

    public func userLines(at site: DaemonSite) -> [String] {
        ["xrdfs \(site.contact) ls /", "xrdcp FILE \(Self.url(of: site.contact))/"]
    }

    private func plan(at site: DaemonSite) throws -> DaemonPlan {
        try self.program.requireLoopback(site.address)
        return DaemonPlan(
            command: self.program.command(
                configuration: "\(site.directory)/\(Self.configurationName)", port: site.address.port),
            directories: ["admin", "data"],
            files: [DaemonFile(name: Self.configurationName, text: Self.configuration(at: site))],
            ready: .handshake(port: site.address.port, as: [.files])
        ).after(self.setup)
    }

    /// `-p` on the command line and `xrd.port` here are the same, for people who look.
    private static func configuration(at site: DaemonSite) -> String {
        let lines =
            [
                "all.adminpath \(site.directory)/admin",
                "all.pidpath \(site.directory)/admin",
                "all.export /",
                "oss.localroot \(site.directory)/data",
                "xrd.port \(site.address.port)",
            ] + XRootDProgram.loopbackOnly
        return lines.map { $0 + "\n" }.joined()
    }

    private static func url(of address: Address) -> String { "root://\(address)/" }
}

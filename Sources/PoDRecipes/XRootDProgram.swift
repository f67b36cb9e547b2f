import Foundation
import PoDCore

/// A server of the XRootD family on this machine, `xrootd` or `xproofd`.
struct XRootDProgram: Sendable {
    /// Looked up in PATH.
    let name: String
    /// They refuse to run as root. In a container there may be nobody else: they then run in a user namespace where root
    /// is called nobody.
    let isStartedByRoot: Bool

    private static let anonymous = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"]

    /// Looks whether it can run here.
    ///
    /// - Throws: ``RecipeError`` when it isn't in this PATH, or root may not become nobody.
    func check(path: String) async throws {
        guard path.split(separator: ":").contains(where: { access("\($0)/\(self.name)", X_OK) == 0 }) else {
            throw RecipeError(.unavailable, "recipe \(self.name): no program \(self.name) in PATH (\(path))")
        }
        guard self.isStartedByRoot else { return }
        do {
            _ = try await ShortCommand(command: Self.anonymous + ["true"], limit: .seconds(60)).run()
        } catch let error as RecipeError {
            throw RecipeError(
                .noPermission,
                "recipe \(self.name): it refuses to run as root, and root can't be another here: \(error.description)")
        }
    }

    /// The same with the setup that the daemons have, and where it is.
    func survey(after setup: DaemonSetup?, path: String) async throws -> String {
        if setup == nil {
            try await self.check(path: path)
        }
        let command = ["/bin/sh", "-c", "command -v \"$0\"", self.name]
        do {
            let output = try await ShortCommand(command: setup?.wrap(command) ?? command, environment: ["PATH": path])
                .run()
            return String(output.split(separator: "\n").last ?? "")
        } catch let error as RecipeError {
            throw RecipeError(.unavailable, "recipe \(self.name): no program \(self.name) after the setup: \(error)")
        }
    }

    /// Program and arguments: in the foreground, its log on standard error.
    ///
    /// - Parameter instance: A name that tells several on one machine apart.
    func command(configuration: String, port: UInt16, instance: String? = nil) -> [String] {
        (self.isStartedByRoot ? Self.anonymous : [])
            + [self.name, "-c", configuration, "-p", String(port)] + (instance.map { ["-n", $0] } ?? [])
    }

    /// Neither can tell its users apart, so that nothing but this machine may reach it.
    func requireLoopback(_ address: Address) throws(RecipeError) {
        guard address.host == "127.0.0.1" else {
            throw RecipeError(
                .configuration, "recipe \(self.name): its daemons listen on 127.0.0.1 alone, not on \(address.host)")
        }
    }

    /// It listens on every interface, but hangs up on whoever doesn't come from this machine.
    static let loopbackOnly = ["xrd.allow host 127.0.0.1", "xrd.allow host localhost"]
}

import Foundation
import PoDCore

/// A server of the XRootD family on this machine.
enum XRootDProgram {
    /// Looks whether it can run here.
    ///
    /// - Parameters:
    ///   - name: A name that is looked up in PATH.
    ///   - path: The PATH.
    ///   - user: The account that the server changes to, which root must name.
    static func check(_ name: String, path: String, user: String?) throws(RecipeError) {
        guard geteuid() != 0 || user != nil else {
            throw RecipeError(.noPermission, "recipe \(name): \(name) refuses to run as root: run as another user")
        }
        guard path.split(separator: ":").contains(where: { access("\($0)/\(name)", X_OK) == 0 }) else {
            throw RecipeError(.unavailable, "recipe \(name): no program \(name) in PATH (\(path))")
        }
    }

    /// Neither has users whom it could tell apart, so that nothing but this machine may reach it.
    static func requireLoopback(_ address: Address, recipe: String) throws(RecipeError) {
        guard address.host == "127.0.0.1" else {
            throw RecipeError(
                .configuration, "recipe \(recipe): its daemons listen on 127.0.0.1 alone, not on \(address.host)")
        }
    }

    /// Program and arguments: in the foreground, its log on standard error.
    static func command(
        _ name: String, configuration: String, port: UInt16, instance: String? = nil, user: String?
    ) -> [String] {
        [name, "-c", configuration, "-p", String(port)] + (instance.map { ["-n", $0] } ?? [])
            + (user.map { ["-R", $0] } ?? [])
    }

    /// It listens on every interface, but hangs up on whoever doesn't come from this machine.
    static let loopbackOnly = ["xrd.allow host 127.0.0.1", "xrd.allow host localhost"]
}

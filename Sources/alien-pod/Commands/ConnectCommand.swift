import ArgumentParser
import Foundation
import NIOPosix
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTickets
import UnixSignals

/// `alien-pod connect`: the head daemon on the user's machine.
struct ConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Lead ports of this machine to a session's head daemon.",
        discussion: """
            Opens ports on loopback, for this user only, which lead to the head daemon through the master's control \
            port; writes the user's certificate into the session's directory; prints the lines for Python. Runs until \
            SIGINT or SIGTERM. Needs the session's state directory, whose key makes the session's owner.
            """)

    @OptionGroup var session: SessionArguments

    @Flag(help: "Print one line of JSON: {\"ports\":{\"scheduler\":\"127.0.0.1:…\"},\"directory\":…,\"lines\":[…]}.")
    var json = false

    func run() async throws {
        try await CommandError.reporting {
            let owner = try await self.owner()
            let ports = try await UserPorts(
                to: owner.names, master: owner.master, tls: try ChannelTLS(owner.identity, role: .peer),
                pinning: owner.identity.thumbprint, group: .singletonMultiThreadedEventLoopGroup
            ) { error in CommandLog.complain("\(owner.master) can't be reached: \(error)") }
            try self.show(ports.addresses, owner)
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                break
            }
            ports.close()
        }
    }

    /// What the owner of a session has.
    private struct Owner {
        let master: Address
        let identity: ChannelIdentity
        /// The head daemon's ports.
        let names: [String]
        let recipe: String
        /// Where the user's certificate lies.
        let directory: String
    }

    private func owner() async throws -> Owner {
        let status = try await self.session.currentStatus()
        guard let address = self.session.master ?? status.detail("address") else {
            throw CommandError(.data, "master \(status.masterJobID): expected its address")
        }
        let state = try self.session.state
        let kept = try KeptSession(readingDirectory: state)
        let directory = "\(state)/user"
        if let authority = kept.authority {
            try DaemonFile.makeDirectories(["user"], in: state)
            try DaemonFile.replace(try authority.credentials(named: "user").files, in: directory)
        }
        return Owner(
            master: try Address(parsing: address), identity: try ChannelIdentity(kept.key),
            names: ["scheduler", "dashboard"].filter { status.detail($0) != nil },
            recipe: status.detail("recipe") ?? "", directory: directory)
    }

    private func show(_ ports: [String: Address], _ owner: Owner) throws {
        var lines: [String] = []
        if let scheduler = ports["scheduler"], owner.recipe == "dask" {
            lines = DaskRecipe().userLines(at: try DaemonSite(directory: owner.directory, address: scheduler))
        }
        if self.json {
            let texts = ports.sorted { $0.key < $1.key }.map {
                JSONValue.Member(name: $0.key, value: .string($0.value.description))
            }
            let document = JSONValue.object([
                .init(name: "ports", value: .object(texts)), .init(name: "directory", value: .string(owner.directory)),
                .init(name: "lines", value: .array(lines.map { .string($0) })),
            ])
            return CommandLog.printLine(document.text)
        }
        for (name, address) in ports.sorted(by: { $0.key < $1.key }) {
            CommandLog.printLine("\(name): \(name == "dashboard" ? "http://" : "")\(address)")
        }
        if !lines.isEmpty {
            CommandLog.printLine("")
        }
        lines.forEach { CommandLog.printLine($0) }
    }
}

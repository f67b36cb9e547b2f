import Foundation
import PoDTestKit
import Testing

/// Hosts in network namespaces of their own, each joined with the one in the middle, which routes between them. Some take
/// no TCP connections.
///
/// The namespaces have no names: they go with the processes that hold them, whatever ends these.
struct StarNetwork {
    /// The holders, the middle one first.
    private let holders: [Int32]

    /// The address of the middle, for all hosts.
    let center = "10.0.1.1"

    /// The address of a host, 1 and so on.
    func host(_ number: Int) -> String { "10.0.\(number).2" }

    /// What runs a command at a host, 0 for the middle.
    func prefix(_ number: Int) -> [String] { ["nsenter", "--net=/proc/\(self.holders[number])/ns/net", "--"] }

    /// Whether this user may make namespaces and filters in them, and has the programs.
    static let isAvailable: Bool = {
        let trial = Process()
        trial.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        trial.arguments = ["unshare", "--net", "sh", "-c", "ip link set lo up && nft add table inet trial"]
        trial.standardError = FileHandle.nullDevice
        guard (try? trial.run()) != nil else { return false }
        trial.waitUntilExit()
        return trial.terminationStatus == 0
    }()

    /// Makes it for the time of `body`.
    ///
    /// - Parameter closed: The hosts that take no connections.
    static func with(
        hosts: Int, closed: Set<Int>, _ body: (StarNetwork) async throws -> Void
    ) async throws {
        try await self.withHolders(1 + hosts, []) { holders in
            let network = StarNetwork(holders: holders)
            try await network.run(0, "ip link set lo up; echo 1 >/proc/sys/net/ipv4/ip_forward")
            for number in 1...hosts {
                try await network.run(
                    0,
                    """
                    ip link add to\(number) type veth peer name out netns \(holders[number])
                    ip address add 10.0.\(number).1/24 dev to\(number)
                    ip link set to\(number) up
                    """)
                try await network.run(
                    number,
                    """
                    ip link set lo up
                    ip address add 10.0.\(number).2/24 dev out
                    ip link set out up
                    ip route add default via 10.0.\(number).1
                    """)
                guard closed.contains(number) else { continue }
                try await network.run(
                    number,
                    """
                    nft add table inet filter
                    nft 'add chain inet filter input { type filter hook input priority 0; }'
                    nft 'add rule inet filter input iifname out tcp flags & (syn | ack) == syn drop'
                    """)
            }
            try await body(network)
        }
    }

    private static func withHolders(
        _ count: Int, _ holders: [Int32], _ body: ([Int32]) async throws -> Void
    ) async throws {
        guard holders.count < count else {
            return try await body(holders)
        }
        try await ChildProcess.run("unshare", arguments: ["--net", "sh", "-c", "echo; exec sleep 3600"]) { holder in
            // It has its namespace when it says something.
            _ = try await holder.nextLine()
            try await self.withHolders(count, holders + [holder.processID], body)
        }
    }

    private func run(_ number: Int, _ script: String) async throws {
        let arguments = self.prefix(number).dropFirst() + ["sh", "-ec", script]
        try await ChildProcess.run("nsenter", arguments: Array(arguments)) { child in
            let ending = try await child.ending()
            #expect(ending == .exited(code: 0), "\(script): \(child.errorText)")
        }
    }
}

import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit
import Testing

/// The xrootd recipe, with Debian's own xrootd.
@Suite(.timeLimit(.minutes(10))) struct XRootDRecipeTests {
    private static let lease = LeaseID(epoch: 5, number: 3)

    @Test("it has its own paths and port, and takes no connection from elsewhere")
    func configuration() throws {
        let site = try DaemonSite(directory: "/srv/a", address: Address(host: "127.0.0.1", port: 21001))
        let plan = try XRootDRecipe(isStartedByRoot: false).worker(lease: Self.lease, parameters: [:], at: site)
        #expect(plan.command == ["xrootd", "-c", "/srv/a/xrootd.cf", "-p", "21001"])
        #expect(plan.directories == ["admin", "data"])
        #expect(plan.ready == .handshake(port: 21001, as: [.files]))
        #expect(
            plan.files == [
                DaemonFile(
                    name: "xrootd.cf",
                    text: """
                        all.adminpath /srv/a/admin
                        all.pidpath /srv/a/admin
                        all.export /
                        oss.localroot /srv/a/data
                        xrd.port 21001
                        xrd.allow host 127.0.0.1
                        xrd.allow host localhost

                        """)
            ])
    }

    @Test("a survey tells which program it is, also after a setup")
    func survey() async throws {
        #expect(try await XRootDRecipe().survey().hasSuffix("/xrootd"))
        #expect(try await XRootDRecipe(setup: .command("true")).survey().hasSuffix("/xrootd"))
        await #expect(throws: RecipeError.self) { try await XRootDRecipe(setup: .command("PATH=/none")).survey() }
    }

    @Test(
        "what can't authenticate listens on loopback alone",
        arguments: ["0.0.0.0", "192.0.2.1", "::1", "wn1.example.org"])
    func loopback(host: String) throws {
        let site = try DaemonSite(directory: "/srv", address: Address(host: host, port: 21001))
        #expect(throws: RecipeError.self) { try XRootDRecipe().head(at: site) }
        let proof = try XProofDRecipe(hostName: "h", environment: [:])
        #expect(throws: RecipeError.self) { try proof.worker(lease: Self.lease, parameters: [:], at: site) }
        #expect(!XRootDRecipe().authenticatesPeers && !proof.authenticatesPeers)
    }

    @Test("a user is told how to reach it, also where it is forwarded")
    func user() throws {
        var site = try DaemonSite(directory: "/srv", address: Address(host: "127.0.0.1", port: 21001))
        site.contact = try Address(parsing: "127.0.0.1:22001")
        let proof = try XProofDRecipe(hostName: "h", environment: [:])
        #expect(XRootDRecipe().userLines(at: site).first == "xrdfs 127.0.0.1:22001 ls /")
        #expect(proof.userLines(at: site) == [#"TProof *proof = TProof::Open("127.0.0.1:22001");"#])
        #expect(try XRootDRecipe().head(at: site).details.map(\.value) == ["root://127.0.0.1:22001/"])
        #expect(try proof.head(at: site).details.map(\.value) == ["127.0.0.1:22001"])
    }

    @Test("where root starts it, it is nobody in a namespace, and still one process")
    func root() throws {
        let site = try DaemonSite(directory: "/srv", address: Address(host: "127.0.0.1", port: 21001))
        let plan = try XRootDRecipe(isStartedByRoot: true).worker(lease: Self.lease, parameters: [:], at: site)
        #expect(
            plan.command == [
                "unshare", "--user", "--map-user=65534", "--map-group=65534", "--", "xrootd", "-c", "/srv/xrootd.cf",
                "-p", "21001",
            ])
    }

    @Test("a real xrootd serves files to this machine, and to it alone")
    func real() async throws {
        try await TemporaryDirectory.with { directory in
            let recipe = XRootDRecipe()
            try await recipe.prepare { _ in }
            let site = try RunningDaemon.site(directory, "x")
            let plan = try #require(try recipe.head(at: site).daemon)
            try await RunningDaemon.run(plan, in: site.directory) { _ in
                let file = directory.appendingPathComponent("file")
                try "hello\n".write(to: file, atomically: true, encoding: .utf8)
                let url = "root://\(site.address)/"
                _ = try await Self.output("xrdcp", ["--silent", file.path, "\(url)/copy"])
                let served = try String(contentsOfFile: "\(site.directory)/data/copy", encoding: .utf8)
                #expect(served == "hello\n")
                #expect(try await Self.output("xrdfs", [url, "ls", "/"]) == ["/copy"])

                for host in try await Self.otherAddresses() {
                    #expect(try await !Self.isServed(host, site.address.port), "from \(host)")
                }
                #expect(try await Self.isServed("127.0.0.1", site.address.port))
            }
        }
    }

    @Test("two on one machine don't meet, and one that ends can start again where it was")
    func two() async throws {
        try await TemporaryDirectory.with { directory in
            let recipe = XRootDRecipe()
            let sites = try ["a", "b"].map { try RunningDaemon.site(directory, $0) }
            let plans = try sites.map { try recipe.worker(lease: Self.lease, parameters: [:], at: $0) }
            for _ in 0..<2 {
                try await RunningDaemon.run(plans[0], in: sites[0].directory) { first in
                    try await RunningDaemon.run(plans[1], in: sites[1].directory) { _ in
                        first.send(signal: SIGTERM)
                        _ = try await first.ending()
                        try await plans[1].ready.waitForAnswer()
                    }
                }
            }
        }
    }

    /// Whether the xrootd answers a client that comes from this address of this machine.
    private static func isServed(_ host: String, _ port: UInt16) async throws -> Bool {
        let script = """
            import socket, sys
            with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5, (sys.argv[1], 0)) as connection:
                try:
                    connection.sendall(bytes(12) + bytes.fromhex("00000004000007dc"))
                    print(len(connection.recv(16)))
                except ConnectionError:
                    print(0)
            """
        return try await self.output("python3", ["-c", script, host, String(port)]) == ["16"]
    }

    /// This machine's addresses beside loopback; none where it has no network.
    private static func otherAddresses() async throws -> [String] {
        try await self.output("hostname", ["-I"]).flatMap { $0.split(separator: " ") }.map(String.init)
            .filter { $0.contains(".") && !$0.hasPrefix("127.") }
    }

    private static func output(_ program: String, _ arguments: [String]) async throws -> [String] {
        try await ChildProcess.run(program, arguments: arguments) { child in
            var lines: [String] = []
            while let line = try await child.nextLine() {
                lines.append(line)
            }
            let ending = try await child.ending()
            #expect(ending == .exited(code: 0), "\(program): \(child.errorText)")
            return lines
        }
    }
}

import PoDCore
import PoDRecipes
import Testing

/// `proof.conf` in PROOF on Demand's own lines.
@Suite struct ProofConfigurationTests {
    private static let peer = "192.0.2.7:40123"

    @Test("a worker of four processes, submitted 90 s ago, as PoD 3.16 writes it")
    func direct() throws {
        let worker = try RegisteredWorker(
            user: "poduser", route: .direct(Address(parsing: "wn1.example.org:21101")), processes: 4, startup: 90)
        let pair = """
            #worker poduser@wn1.example.org:21101 (direct connection) startup: 90s ( 1 minutes 30 seconds )
            worker poduser@wn1.example.org port=21101 pref=100

            """
        #expect(
            try Self.text([worker]) == "#master head.example.org\nmaster head.example.org\n" + pair + pair + pair + pair
        )
    }

    @Test("the forwarded come before the direct, each in the order in which they came")
    func order() throws {
        let workers = [
            try RegisteredWorker(user: "a", route: .direct(Address(parsing: "wn1:1")), startup: 5),
            try RegisteredWorker(
                user: "b", route: .forwarded(port: 20000, peer: Address(parsing: Self.peer)), startup: 6),
            try RegisteredWorker(user: "c", route: .direct(Address(parsing: "wn2:2")), startup: 7),
            try RegisteredWorker(
                user: "d", route: .forwarded(port: 20001, peer: Address(parsing: Self.peer)), startup: 8),
        ]
        #expect(
            try Self.text(workers) == """
                #master head.example.org
                master head.example.org
                #worker b@192.0.2.7:40123 (packet forwarder: localhost:20000) startup: 6s
                worker b@localhost port=20000 pref=100
                #worker d@192.0.2.7:40123 (packet forwarder: localhost:20001) startup: 8s
                worker d@localhost port=20001 pref=100
                #worker a@wn1:1 (direct connection) startup: 5s
                worker a@wn1 port=1 pref=100
                #worker c@wn2:2 (direct connection) startup: 7s
                worker c@wn2 port=2 pref=100

                """)
    }

    @Test(
        "the start-up time is told in parts beyond a minute",
        arguments: [
            (-5, "0s"), (0, "0s"), (59, "59s"), (60, "60s"), (61, "61s ( 1 minutes 1 seconds )"),
            (120, "120s ( 2 minutes )"), (3600, "3600s ( 1 hours )"), (86461, "86461s ( 1 days 1 minutes 1 seconds )"),
            (190_861, "190861s ( 2 days 5 hours 1 minutes 1 seconds )"),
        ])
    func startup(seconds: Int, text: String) throws {
        let worker = try RegisteredWorker(user: "u", route: .direct(Address(parsing: "wn:1")), startup: seconds)
        #expect(try Self.text([worker]).contains("(direct connection) startup: \(text)\nworker "))
    }

    @Test(
        "no user's name brings a line of its own",
        arguments: HostileText.all.filter { $0 != "--option" } + [
            "-u", "a@b", "a:b", "a/b", String(repeating: "u", count: 33),
        ])
    func user(user: String) throws {
        let route = RegisteredWorker.Route.direct(try Address(parsing: "wn:1"))
        let error = #expect(throws: ValueError.self) { try RegisteredWorker(user: user, route: route) }
        #expect(error?.name == "user")
    }

    @Test("nor does a host's", arguments: HostileText.all)
    func host(host: String) {
        #expect(throws: ValueError.self) { try Address(parsing: "\(host):21001") }
        #expect(throws: RecipeError.self) { try XProofDRecipe(hostName: host, environment: [:]) }
    }

    @Test("nobody has a hundred thousand processes", arguments: [Int.min, -1, 0, 1025, 100_000, .max])
    func processes(processes: Int) throws {
        let route = RegisteredWorker.Route.direct(try Address(parsing: "wn:1"))
        #expect(throws: ValueError.self) { try RegisteredWorker(user: "u", route: route, processes: processes) }
    }

    private static func text(_ workers: [RegisteredWorker]) throws -> String {
        let recipe = try XProofDRecipe(hostName: "head.example.org", environment: [:])
        let site = try DaemonSite(directory: "/w", address: Address(host: "127.0.0.1", port: 1093))
        let files = try recipe.headFiles(for: workers, at: site)
        #expect(files.map(\.name) == ["proof.conf"])
        return files.first?.text ?? ""
    }
}

import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit
import Testing

/// A real Dask over TLS: a scheduler and workers as the recipe plans them. The first run installs Dask.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DaskSessionTests {
    private static let environment = DaskEnvironment()

    private struct Session {
        let recipe: DaskRecipe
        let directory: URL
        let authority: SessionAuthority
        let head: DaemonSite
        let parameters: [String: String]

        /// A worker as it comes from elsewhere: with a key of its own and a certificate from the master.
        func withWorker(_ number: UInt64, _ body: (ChildProcess, DaemonSite) async throws -> Void)
            async throws
        {
            let lease = LeaseID(epoch: 5, number: number)
            let request = try PeerRequest()
            var site = try RunningDaemon.site(self.directory, "w\(number)")
            site.credentials = try request.credentials(
                certificate: self.authority.certificate(for: request.text, named: "lease-\(lease)"),
                authority: self.authority.certificate)
            let plan = try self.recipe.worker(lease: lease, parameters: self.parameters, at: site)
            try await RunningDaemon.run(plan, in: site.directory) { try await body($0, site) }
        }

        /// What a user's Python prints, with the user's own certificate.
        func python(
            _ text: String, credentials: PeerCredentials? = nil
        ) async throws -> (lines: [String], errors: String) {
            let user = self.directory.appendingPathComponent("user-\(UUID().uuidString.prefix(8))").path
            try FileManager.default.createDirectory(atPath: user, withIntermediateDirectories: false)
            try DaemonFile.replace(
                (credentials ?? self.authority.credentials(named: "user")).files, in: user)
            var site = try DaemonSite(directory: user, address: self.head.address)
            site.contact = self.head.contact
            let connecting = self.recipe.userLines(at: site).joined(separator: "\n")
            return try await ChildProcess.run(
                DaskSessionTests.environment.python, arguments: ["-c", "\(connecting)\n\(text)"]
            ) { child in
                var lines: [String] = []
                while let line = try await child.nextLine() {
                    lines.append(line)
                }
                return (lines, child.errorText)
            }
        }
    }

    private static func withSession(_ body: (Session) async throws -> Void) async throws {
        try await self.environment.prepare { _ in }
        try await TemporaryDirectory.with { directory in
            let recipe = DaskRecipe(environment: self.environment)
            let authority = try SessionAuthority(now: Date(), lifetime: .seconds(3600))
            var site = try RunningDaemon.site(directory, "head")
            site.dashboardPort = try RunningDaemon.freePort()
            site.credentials = try authority.credentials(named: "head")
            let head = try recipe.head(at: site)
            let plan = try #require(head.daemon)
            try await RunningDaemon.run(plan, in: site.directory) { _ in
                try await body(
                    Session(
                        recipe: recipe, directory: directory, authority: authority, head: site,
                        parameters: head.workerParameters))
            }
        }
    }

    @Test("it computes, for whoever has a certificate of the session, with what the recipe tells a user to type")
    func computes() async throws {
        try await Self.withSession { session in
            try await session.withWorker(1) { _, _ in
                try await session.withWorker(2) { _, _ in
                    let result = try await session.python(
                        """
                        client.wait_for_workers(2, timeout=30)
                        print(sum(client.gather(client.map(lambda number: number * number, range(100)))))
                        print(sorted(worker["name"] for worker in client.scheduler_info()["workers"].values()))
                        print(client.run(lambda: __import__("os").environ["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"])
                            .popitem()[1])
                        """)
                    #expect(
                        result.lines == ["328350", "['lease-5.1', 'lease-5.2']", "True"], "\(result.errors)")
                }
            }
        }
    }

    @Test("a connection to scheduler or worker without a certificate of the session is refused")
    func refused() async throws {
        try await Self.withSession { session in
            try await session.withWorker(1) { _, worker in
                let other = session.directory.appendingPathComponent("other").path
                try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
                let authority = try SessionAuthority(now: Date(), lifetime: .seconds(3600))
                try DaemonFile.replace(try authority.credentials(named: "user").files, in: other)
                let ports = "\(session.head.address.port), \(worker.address.port)"
                let result = try await session.python(
                    """
                    \(DaskKnock.definition)
                    for port in (\(ports)):
                        for kind in ("plain", "none", "\(other)", "\(session.head.directory)"):
                            print(answer(f"127.0.0.1:{port}", kind))
                    """)
                let each = ["refused", "refused", "refused", "answered"]
                #expect(result.lines == each + each, "\(result.errors)")
            }
        }
    }

    @Test("a client trusts no scheduler of another session")
    func otherScheduler() async throws {
        try await Self.withSession { session in
            let other = try SessionAuthority(now: Date(), lifetime: .seconds(3600)).credentials(named: "user")
            let result = try await session.python("print('connected')", credentials: other)
            #expect(result.lines.isEmpty)
            #expect(result.errors.contains("CERTIFICATE_VERIFY_FAILED"), "\(result.errors)")
        }
    }

    @Test("a retired worker hands over what it holds, and ends")
    func retire() async throws {
        try await Self.withSession { session in
            try await session.withWorker(1) { first, _ in
                try await session.withWorker(2) { _, _ in
                    let scattered = try await session.python(
                        """
                        client.wait_for_workers(2, timeout=30)
                        where = [address for address, worker in client.scheduler_info()["workers"].items()
                            if worker["name"] == "lease-5.1"]
                        client.publish_dataset(held=client.scatter(list(range(10)), workers=where))
                        print(len(where))
                        """)
                    #expect(scattered.lines == ["1"], "\(scattered.errors)")
                    try await session.recipe.retire([LeaseID(epoch: 5, number: 1)], at: session.head)
                    #expect(try await first.ending() == .exited(code: 0))
                    let kept = try await session.python("print(sum(client.gather(client.get_dataset('held'))))")
                    #expect(kept.lines == ["45"], "\(kept.errors)")
                }
            }
        }
    }

    @Test("the scheduler's page is on loopback")
    func dashboard() async throws {
        try await Self.withSession { session in
            let port = try #require(session.head.dashboardPort)
            let result = try await session.python(
                "import urllib.request\nprint(urllib.request.urlopen('http://127.0.0.1:\(port)/health').read())")
            #expect(result.lines == ["b'ok'"], "\(result.errors)")
        }
    }

    @Test("versions are asked of the Python that runs it, after its setup")
    func versions() async throws {
        try await Self.environment.prepare { _ in }
        let versions = try await DaskRecipe(environment: Self.environment, setup: .command("echo '{\"no\": 1}'"))
            .versions()
        #expect(Set(versions.values.keys) == ["python", "dask", "distributed"])
        // What fails, what is not there, and what says something else.
        for (python, status) in [("false", ExitStatus.unavailable), ("pod-no-python", .unavailable), ("echo", .data)] {
            let environment = DaskEnvironment(python: python)
            let error = await #expect(throws: RecipeError.self) {
                try await DaskRecipe(environment: environment).versions()
            }
            #expect(error?.status == status)
        }
    }
}

import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit
import Testing

/// What the Dask recipe runs.
@Suite struct DaskRecipeTests {
    private let recipe = DaskRecipe(environment: DaskEnvironment(python: "/opt/python"), memoryLimit: 1000)
    private let lease = LeaseID(epoch: 5, number: 3)
    private let authority: SessionAuthority

    init() throws {
        self.authority = try SessionAuthority(now: Date(timeIntervalSince1970: 1_795_600_000), lifetime: .seconds(60))
    }

    private func site(_ directory: String, _ address: String = "127.0.0.1:8786") throws -> DaemonSite {
        try DaemonSite(
            directory: directory, address: Address(parsing: address),
            credentials: self.authority.credentials(named: "peer"))
    }

    @Test("the scheduler speaks TLS where it is told to, and shows its page on loopback")
    func head() throws {
        var site = try self.site("/session", "192.0.2.1:8786")
        let plain = try self.recipe.head(at: site)
        let daemon = try #require(plain.daemon)
        #expect(daemon.command.prefix(4) == ["/opt/python", "-m", "dask", "scheduler"])
        #expect(Self.value(of: "--protocol", in: daemon) == "tls")
        #expect(Self.value(of: "--host", in: daemon) == "192.0.2.1")
        #expect(Self.value(of: "--port", in: daemon) == "8786")
        #expect(daemon.command.contains("--no-dashboard"))
        #expect(daemon.ready == .line(containing: "Scheduler at:"))
        #expect(plain.workerParameters == ["scheduler": "tls://192.0.2.1:8786"])
        #expect(plain.details.map(\.name) == ["scheduler", "python"])

        site.dashboardPort = 8787
        site.contact = try Address(parsing: "head.example.org:22001")
        let forwarded = try self.recipe.head(at: site)
        let page = try #require(forwarded.daemon)
        #expect(Self.value(of: "--dashboard-address", in: page) == "127.0.0.1:8787")
        #expect(page.command.contains("--dashboard"))
        #expect(forwarded.workerParameters == ["scheduler": "tls://head.example.org:22001"])
        #expect(forwarded.details.last?.value == "http://127.0.0.1:8787/status")
    }

    @Test("a survey brings nothing in: it tells what could be made, what is there, and what is missing")
    func survey() async throws {
        try await TemporaryDirectory.with { cache in
            let own = DaskRecipe(environment: DaskEnvironment(environment: ["ALIEN_POD_CACHE": cache.path]))
            #expect(try await own.survey().hasPrefix("python3 can make \(cache.path)/dask-"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: cache.path).isEmpty)

            // A Python without Dask, wherever this runs: it looks at no site-packages.
            let python = cache.appendingPathComponent("python")
            try ProgramFile.write("#!/bin/sh\nexec python3 -IS \"$@\"\n", to: python.path)
            let error = await #expect(throws: RecipeError.self) {
                try await DaskRecipe(environment: DaskEnvironment(python: python.path)).survey()
            }
            #expect(error?.description == "recipe dask: no dask in \(python.path)")
        }
    }

    @Test("a worker is one process with one thread, named for its lease, within its memory")
    func worker() throws {
        var site = try self.site("/srv", "192.0.2.7:21001")
        site.contact = try Address(parsing: "head.example.org:22002")
        let plan = try self.recipe.worker(
            lease: self.lease, parameters: ["scheduler": "tls://[2001:db8::1]:8786"], at: site)
        #expect(plan.command.prefix(5) == ["/opt/python", "-m", "dask", "worker", "tls://[2001:db8::1]:8786"])
        #expect(Self.value(of: "--nworkers", in: plan) == "1")
        #expect(Self.value(of: "--nthreads", in: plan) == "1")
        #expect(Self.value(of: "--name", in: plan) == "lease-5.3")
        #expect(Self.value(of: "--local-directory", in: plan) == "/srv")
        #expect(Self.value(of: "--listen-address", in: plan) == "tls://192.0.2.7:21001")
        #expect(Self.value(of: "--contact-address", in: plan) == "tls://head.example.org:22002")
        #expect(Self.value(of: "--memory-limit", in: plan) == "900")
        #expect(Self.value(of: "--dashboard-address", in: plan) == "127.0.0.1:0")
    }

    @Test("every role has the session's certificates, no secret stands in an argument or a variable")
    func credentials() throws {
        let site = try self.site("/srv")
        let plans = [
            try #require(try self.recipe.head(at: site).daemon),
            try self.recipe.worker(lease: self.lease, parameters: ["scheduler": "tls://h:1"], at: site),
        ]
        let key = try #require(site.credentials?.key)
        for plan in plans {
            #expect(plan.files.map(\.name) == ["ca.pem", "certificate.pem", "key.pem"])
            #expect(plan.files.last?.text == key)
            #expect(plan.environment["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] == "True")
            #expect(plan.environment["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"] == "/srv/ca.pem")
            for role in ["SCHEDULER", "WORKER", "CLIENT"] {
                let prefix = "DASK_DISTRIBUTED__COMM__TLS__\(role)__"
                #expect(plan.environment["\(prefix)CERT"] == "/srv/certificate.pem")
                #expect(plan.environment["\(prefix)KEY"] == "/srv/key.pem")
            }
            let secret = key.split(separator: "\n")[1]
            #expect(!(plan.command + plan.environment.values).contains { $0.contains(secret) })
        }
    }

    @Test("without credentials there is no Dask")
    func noCredentials() throws {
        let site = try DaemonSite(directory: "/srv", address: Address(parsing: "127.0.0.1:8786"))
        #expect(self.recipe.authenticatesPeers)
        #expect(throws: RecipeError.self) { try self.recipe.head(at: site) }
    }

    @Test(
        "a scheduler that is no tls address never reaches a command line",
        arguments: [
            nil, "127.0.0.1:8786", "tcp://127.0.0.1:8786", "tls://", "tls://host", "tls://host:0", "tls://host:70000",
            "tls://h:1\n--nthreads 8", "tls://h:1/x", "TLS://h:1",
        ] + HostileText.all.flatMap { ["tls://\($0):1", "tls://host:1\($0)", $0] }.filter { $0 != "tls://host:1" })
    func scheduler(address: String?) throws {
        let parameters = address.map { ["scheduler": $0] } ?? [:]
        let site = try self.site("/srv")
        let error = #expect(throws: RecipeError.self) {
            try self.recipe.worker(lease: self.lease, parameters: parameters, at: site)
        }
        #expect(error?.status == .data)
        #expect(error?.description.hasPrefix("scheduler: ") == true)
        #expect(error?.description.utf8.contains(0x0A) == false)
    }

    @Test(
        "the environment stands where the caches of a user stand",
        arguments: [
            (["ALIEN_POD_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/a/dask-"),
            (["XDG_CACHE_HOME": "/b", "HOME": "/c"], "/b/alien-pod/dask-"),
            (["HOME": "/c"], "/c/.cache/alien-pod/dask-"),
            ([:], "\(NSTemporaryDirectory())/alien-pod-\(geteuid())/dask-"),
        ])
    func place(environment: [String: String], start: String) {
        let plain = DaskEnvironment(environment: environment).python
        let withDashboard = DaskEnvironment(hasDashboard: true, environment: environment).python
        #expect(plain.hasPrefix(start) && plain.hasSuffix("/bin/python"))
        #expect(withDashboard.hasPrefix(start) && withDashboard != plain)
    }

    @Test("no Python is run from a directory that others can write to")
    func planted() async throws {
        try await TemporaryDirectory.with { directory in
            let cache = directory.appendingPathComponent("alien-pod").path
            try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: false)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: cache)
            let environment = DaskEnvironment(environment: ["XDG_CACHE_HOME": directory.path])
            let error = await #expect(throws: RecipeError.self) { try await environment.prepare { _ in } }
            #expect(error?.status == .noPermission)
        }
    }

    private static func value(of option: String, in plan: DaemonPlan) -> String? {
        plan.command.firstIndex(of: option).flatMap { index in
            plan.command.indices.contains(index + 1) ? plan.command[index + 1] : nil
        }
    }
}

import Foundation
import PoDTestKit
import Testing

/// `alien-pod doctor`: each check, and the hop that each way to lose the canary names.
@Suite(.timeLimit(.minutes(10)))
struct DoctorTests {
    private struct Report: Decodable {
        struct Check: Decodable {
            let name: String
            let outcome: String
            let text: String
            let advice: [String]
            let status: Int32?
            let delayMilliseconds: Int?
        }

        let ok: Bool
        let checks: [Check]

        func check(_ name: String) throws -> Check {
            try #require(self.checks.first { $0.name == name })
        }
    }

    /// A recipe that starts anywhere.
    private static let recipe = ["--recipe", "command", "--command", "sh"]

    private func examine(
        _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> (report: Report, ending: ChildProcess.Ending) {
        let result = try await Products.run(
            ["doctor", "--json"] + arguments + Self.recipe,
            environment: Products.environment.merging(environment) { $1 })
        let report = try JSONDecoder().decode(Report.self, from: Data(result.lines.joined().utf8))
        return (report, result.ending)
    }

    @Test("all is well: the canary comes back, with its delay")
    func allIsWell() async throws {
        try await Products.withMonitor { udp, http in
            let (report, ending) = try await self.examine(
                ["--repository", http], environment: ["APMON_CONFIG": udp, "ALIEN_LDAP_DN": ""])
            #expect(ending == .exited(code: 0))
            #expect(report.ok)
            let outcomes = report.checks.map { "\($0.name) \($0.outcome)" }
            #expect(
                outcomes == ["settings skipped", "perl ok", "ports ok", "command ok", "repository ok", "canary ok"],
                "\(report)")
            #expect(try report.check("canary").delayMilliseconds != nil)
            #expect(try report.check("canary").text.contains(#"farm "TEST""#))

            let text = try await Products.run(
                ["doctor", "--repository", http, "--destination", udp] + Self.recipe)
            #expect(text.lines.contains { $0.hasPrefix("ok       canary       seen at the repository") })
            #expect(text.ending == .exited(code: 0))
        }
    }

    /// A web server that answers as a repository with one row, of the node that was asked for.
    ///
    /// - Parameters:
    ///   - value: What the row says.
    ///   - exception: What a path holds for which there is none.
    private func withRepository(
        value: String, without exception: String, _ body: (String) async throws -> Void
    ) async throws {
        let program = """
            import http.server, json, sys
            class Repository(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    names = self.path.split("/")
                    rows = [dict(Farm="F", Cluster=names[3], Node=names[4], Parameter=names[-1], Value=sys.argv[1],
                                 Timestamp="1000")] if sys.argv[2] not in self.path else []
                    body = json.dumps(dict(results=rows)).encode()
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *arguments):
                    pass
            server = http.server.HTTPServer(("127.0.0.1", 0), Repository)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
        try await ChildProcess.run("python3", arguments: ["-c", program, value, exception]) { child in
            let port = try #require(try await child.nextLine())
            try await body("http://127.0.0.1:\(port)")
        }
    }

    private func expectLoss(_ arguments: [String], status: Int32 = 69, _ text: String) async throws {
        let (report, ending) = try await self.examine(arguments)
        let canary = try report.check("canary")
        #expect(canary.outcome == "failed" && canary.status == status)
        #expect(canary.text.contains(text), "\(canary.text)")
        #expect(!report.ok)
        // Of the first that failed, which may be another check.
        #expect(ending == .exited(code: report.checks.lazy.compactMap(\.status).first ?? 0))
    }

    @Test("each hop that loses the canary is named")
    func losses() async throws {
        try await Products.withMonitor { udp, http in
            try await Products.withMonitor { otherUDP, otherHTTP in
                try await self.expectLoss(
                    ["--destination", otherUDP, "--repository", http, "--wait", "1"],
                    "after 1 s \(http.dropLast()) answers, but without it (cluster PoD_Test, node ")
            }
            let nobody = try FreePort.find()
            try await self.expectLoss(
                ["--destination", "127.0.0.1:\(nobody)", "--repository", http],
                "nobody takes datagrams at 127.0.0.1:\(nobody)")
            try await self.expectLoss(
                ["--destination", "no-such-host.invalid", "--repository", http], "can't be sent: no-such-host.invalid")
            try await self.expectLoss(
                ["--destination", "/no/such.conf", "--repository", http], status: 66,
                "can't be sent: can't open \"/no/such.conf\"")
            try await self.expectLoss(
                ["--destination", udp, "--repository", "http://127.0.0.1:\(nobody)"],
                "sent, but the repository does not answer: http://127.0.0.1:\(nobody)/rest/")
            try await self.withRepository(value: "other", without: "PoD_Masters") { repository in
                try await self.expectLoss(
                    ["--destination", udp, "--repository", repository], status: 65, #"shows "other" instead of "#)
            }
            try await self.withRepository(value: "any", without: "/-60000/") { repository in
                try await self.expectLoss(
                    ["--destination", udp, "--repository", repository, "--wait", "0"],
                    "shows it, but not within the last minute: stamped ")
            }
        }
    }

    @Test("a dead repository is a check of its own, and without a destination the canary is skipped")
    func noDestination() async throws {
        let (report, ending) = try await self.examine(["--repository", "http://127.0.0.1:\(try FreePort.find())"])
        #expect(ending == .exited(code: 69))
        #expect(try report.check("repository").text.contains("does not answer"))
        #expect(try report.check("canary").outcome == "skipped")
    }

    @Test("a site's settings name the repository", .enabled(if: AliEnDirectory.canRun, "slapd is not installed"))
    func settings() async throws {
        try await Products.withMonitor { udp, http in
            var tree = AliEnDirectory()
            tree.computingElement = [
                ("podEnabled", "yes"), ("podMonalisaUrl", http), ("podMasterPorts", "30000-30100"),
            ]
            let ce = ["--base", AliEnDirectory.base, "--site", "TestSite", "--ce", "PODCE"]
            try await tree.run { servers in
                let (report, ending) = try await self.examine(["--ldap", servers.plain, "--destination", udp] + ce)
                #expect(ending == .exited(code: 0), "\(report)")
                #expect(try report.check("settings").text.contains("idle JobAgents look for masters"))
                #expect(try report.check("ports").text.hasPrefix("30000-30100: "))
                #expect(try report.check("repository").text.hasPrefix("\(http.dropLast()) answers"))
                #expect(try report.check("canary").outcome == "ok")

                let missing = try await self.examine(["--ldap", servers.plain, "--base", "o=none,dc=example,dc=org"])
                #expect(missing.ending == .exited(code: 66))
            }
            tree.computingElement = [("podCheckPeriod", "often")]
            try await tree.run { servers in
                let (report, ending) = try await self.examine(["--ldap", servers.plain] + ce)
                #expect(ending == .exited(code: 78))
                #expect(try report.check("settings").text.contains("podCheckPeriod of name=PODCE"))
            }
        }
    }

    @Test("what this machine can't do")
    func machine() async throws {
        try await Products.withMonitor { _, http in
            let taken = try #require(http.split(separator: ":").last).prefix { $0 != "/" }
            let result = try await Products.run(
                [
                    "doctor", "--json", "--perl", "/bin/false", "--ports", "\(taken)-\(taken)", "--recipe", "dask",
                    "--python", "/no/python", "--recipe", "xproofd", "--setup", "PATH=/none",
                ])
            #expect(result.ending == .exited(code: 69))
            let report = try JSONDecoder().decode(Report.self, from: Data(result.lines.joined().utf8))
            #expect(try report.check("perl").text.hasPrefix("/bin/false does not run"))
            #expect(try report.check("ports").text == "\(taken)-\(taken): none is free")
            #expect(try report.check("dask").text.contains("/no/python"))
            #expect(try report.check("xproofd").text.contains("no program xproofd after the setup"))
        }
    }

    @Test(
        "wrong arguments",
        arguments: [
            (["--repository", "nowhere"], "repository: expected http(s)://"), (["--wait", "-1"], "--wait"),
            (["--ports", "0"], "ports: expected LOW-HIGH"), (["--recipe", "none"], "--recipe: expected one of dask"),
            (["--destination", "host:port:more"], "host:port:more"), (["--site", "x"], "LDAP server: not named"),
        ])
    func wrongArguments(arguments: [String], text: String) async throws {
        let result = try await Products.run(["doctor"] + arguments)
        #expect(result.ending == .exited(code: 64), "\(result)")
        #expect(result.errors.contains(text), "\(result.errors)")
        #expect(result.lines.isEmpty)
    }
}

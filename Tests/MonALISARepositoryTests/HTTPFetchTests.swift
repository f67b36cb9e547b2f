import Glibc
import MonALISARepository
import PoDCore
import Testing

/// The fetch against a real server that answers in every way.
@Suite(.timeLimit(.minutes(10))) struct HTTPFetchTests {
    private let server: LoopbackServer

    init() throws {
        self.server = try LoopbackServer.shared.get()
    }

    private func get(_ path: String, accept: String = "application/json") throws(RepositoryError) -> HTTPAnswer {
        try HTTPFetch().get(self.server.url(path), accept: accept)
    }

    // MARK: - Good answers

    @Test("asks as a repository wants it and reads what it says", arguments: ["application/json", "text/xml", "*/*"])
    func masters(_ accept: String) throws {
        let base = try RepositoryURL(parsing: self.server.url(""))
        let answer = try HTTPFetch().get(RepositoryQuery.masterAddresses.url(at: base), accept: accept)
        #expect(answer.status == 200)
        #expect(answer.date == 1_700_000_000)
        var rows = try RepositoryAnswer(answer)
        #expect(rows.takeMasters().count == 3)
        #expect(rows.skipped.isEmpty)
        #expect(rows.serverTime == 1_700_000_000_000)
    }

    @Test("gives each captured body byte for byte, with its content type", arguments: Capture.all)
    func captures(_ capture: Capture) throws {
        let answer = try self.get("capture/\(capture.id)")
        #expect(answer.body == (try capture.body()))
        #expect(answer.contentType == capture.contentType)
        #expect(answer.url == self.server.url("capture/\(capture.id)"))
    }

    @Test("says who it is and what it takes")
    func headers() throws {
        let answer = try self.get("headers", accept: "text/x")
        let headers = try JSONValue(parsing: answer.body)
        #expect(headers["User-Agent"]?.string == "alien-pod/\(Version.current)")
        #expect(headers["Accept"]?.string == "text/x")
        #expect(headers["Accept-Encoding"]?.string?.contains("gzip") == true)
        #expect(headers["Host"]?.string == "127.0.0.1:\(self.server.ports.http)")
    }

    @Test("unzips")
    func gzip() throws {
        #expect(try self.get("gzip/0").body == Array("zipped".utf8))
        let error = #expect(throws: RepositoryError.self) { try self.get("bad-gzip") }
        #expect(error?.status == .unavailable)
    }

    @Test("tells no time where the server does not")
    func date() throws {
        #expect(try self.get("say?body=x&date=no").date == nil)
        // The time of a redirect is not that of the answer.
        #expect(try self.get("redirect-to?url=/say?date=no").date == nil)
        #expect(try self.get("redirect-to?url=/say").date == 1_700_000_000)
    }

    @Test("keeps its connection for the next fetch")
    func keepAlive() throws {
        let fetch = HTTPFetch()
        let ports = try (0..<5).map { _ in try fetch.get(self.server.url("client-port"), accept: "*/*").body }
        #expect(Set(ports).count == 1)
        #expect(try HTTPFetch().get(self.server.url("client-port"), accept: "*/*").body != ports[0])
    }

    @Test("follows as many redirects as it says")
    func redirects() throws {
        #expect(try self.get("redirect/5").body == Array("at last".utf8))
        let error = #expect(throws: RepositoryError.self) { try self.get("redirect/6") }
        #expect(error?.description == "\(self.server.url("redirect/6")): too many redirects")
    }

    // MARK: - Errors, each one line that names the URL

    struct Failure: Sendable, CustomTestStringConvertible {
        let path: String
        let problem: String
        var limits = HTTPFetch.Limits()

        init(_ path: String, _ problem: String, _ change: (inout HTTPFetch.Limits) -> Void = { _ in }) {
            self.path = path
            self.problem = problem
            change(&self.limits)
        }

        var testDescription: String { self.path }
    }

    @Test(arguments: [
        Failure("status-unknown", "the server answered with status 404"),
        Failure("say?status=500", "the server answered with status 500"),
        Failure("say?status=400", "the server answered with status 400"),
        // A redirect to nowhere, and an answer to a question that was not asked.
        Failure("say?status=302", "the server answered with status 302"),
        Failure("say?status=304", "the server answered with status 304"),
        Failure("redirect-to?url=file:///etc/passwd", "not HTTP (Protocol \"file\""),
        Failure("redirect-to?url=ftp://127.0.0.1/x", "not HTTP (Protocol \"ftp\""),
        Failure("redirect-to?url=gopher://127.0.0.1/x", "not HTTP (Protocol \"gopher\""),
        Failure("half", "the answer was cut off ("), Failure("nothing", "the answer was cut off ("),
        Failure("no-http", "not HTTP (Received HTTP/0.9 when not allowed"),
        Failure("silence", "no answer in time (") { $0.totalTimeout = .milliseconds(300) },
        Failure("drip", "no answer in time (") { $0.totalTimeout = .milliseconds(300) },
        Failure("large/200", "the answer is larger than 33554432 bytes"),
        Failure("large/200?length=yes", "the answer is larger than 33554432 bytes"),
        // 200 MiB in 200 kB.
        Failure("gzip/200", "the answer is larger than 33554432 bytes"),
        Failure("say?body=1234567", "the answer is larger than 6 bytes") { $0.largestBody = 6 },
        Failure("say?body=1", "the answer is larger than 0 bytes") { $0.largestBody = 0 },
    ])
    func failures(_ failure: Failure) {
        let fetch = HTTPFetch()
        fetch.limits = failure.limits
        let url = self.server.url(failure.path)
        let error = #expect(throws: RepositoryError.self) { try fetch.get(url, accept: "*/*") }
        #expect(error?.status == .unavailable)
        #expect(error?.description.hasPrefix("\(url): \(failure.problem)") == true, "\(String(describing: error))")
        #expect(error?.description.contains("\n") == false)
    }

    @Test("takes a body as large as the limit")
    func limit() throws {
        let fetch = HTTPFetch()
        fetch.limits.largestBody = 7
        #expect(try fetch.get(self.server.url("say?body=1234567"), accept: "*/*").body.count == 7)
    }

    @Test("says why there is no connection")
    func connections() throws {
        let name = String(repeating: "a", count: 64)
        let secure = "https://127.0.0.1:\(self.server.ports.http)/"
        for (url, problem) in [
            ("http://127.0.0.1:\(self.server.ports.closed)/", "can't connect ("),
            ("http://127.0.0.1:\(self.server.ports.full)/", "no answer in time ("),
            (secure, "no secure connection ("),
            // No label of a name is so long: nobody need be asked.
            ("http://\(name).invalid/", "the host has no address ("),
            ("ftp://127.0.0.1/", "not HTTP ("),
        ] {
            let fetch = HTTPFetch()
            if url.contains(":\(self.server.ports.full)/") {
                fetch.limits.connectTimeout = .milliseconds(300)
            }
            let error = #expect(throws: RepositoryError.self) { try fetch.get(url, accept: "*/*") }
            #expect(error?.description.hasPrefix("\(url): \(problem)") == true, "\(String(describing: error))")
        }
    }

    @Test("fetches again after each kind of failure")
    func recovery() throws {
        let fetch = HTTPFetch()
        fetch.limits.totalTimeout = .milliseconds(300)
        for path in ["silence", "half", "nothing", "large/64", "say?status=500", "redirect/9"] {
            #expect(throws: RepositoryError.self) { try fetch.get(self.server.url(path), accept: "*/*") }
            fetch.limits.totalTimeout = .seconds(20)
            #expect(try fetch.get(self.server.url("say?body=x"), accept: "*/*").body == [UInt8(ascii: "x")])
        }
    }

    // MARK: - Steps

    @Test("tells what to wait for instead of turning in circles")
    func steps() throws {
        let fetch = HTTPFetch()
        try fetch.start(self.server.url("late/500"), accept: "*/*")
        var steps = 0
        var sawSocket = false
        while true {
            guard case .wait(let wait) = fetch.step() else { break }
            steps += 1
            #expect(wait.milliseconds >= 0 && wait.milliseconds <= 200)
            sawSocket = sawSocket || !wait.sockets.isEmpty
            var polls = wait.sockets.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
            poll(&polls, nfds_t(polls.count), wait.milliseconds)
        }
        #expect(sawSocket)
        #expect(steps < 60)
        // The end is told again.
        guard case .finished(.success(let answer)) = fetch.step() else {
            Issue.record("no answer")
            return
        }
        #expect(answer.body == Array("late".utf8))
    }

    @Test("drops a fetch that is under way for a new one")
    func dropped() throws {
        let fetch = HTTPFetch()
        try fetch.start(self.server.url("silence"), accept: "*/*")
        for _ in 0..<5 {
            _ = fetch.step()
        }
        #expect(try fetch.get(self.server.url("say?body=x"), accept: "*/*").body == [UInt8(ascii: "x")])
    }

    @Test("leaves signals as they were")
    func signals() throws {
        var before = sigset_t()
        var after = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &before)
        _ = try self.get("say?body=x")
        pthread_sigmask(SIG_BLOCK, nil, &after)
        for signal in [SIGPIPE, SIGALRM, SIGTERM, SIGINT] {
            #expect(sigismember(&before, signal) == sigismember(&after, signal))
        }
    }
}

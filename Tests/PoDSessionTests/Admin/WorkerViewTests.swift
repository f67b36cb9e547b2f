import PoDCore
import PoDSession
import Testing

/// Workers and the session for programs and for people.
struct WorkerViewTests {
    static func worker(_ number: UInt64, _ state: WorkerView.State = .registered) -> WorkerView {
        WorkerView(
            lease: LeaseID(epoch: 5, number: number), host: "wn\(number).site", processID: 4711, state: state,
            since: 1000)
    }

    static var failing: WorkerView {
        var worker = Self.worker(12, .leaving)
        worker.isForwarded = true
        worker.load = 3.96
        worker.residentBytes = 3 << 29
        worker.daemon = "failed"
        worker.restarts = 3
        worker.reason = "exit code 1\u{1B}[2J"
        worker.log = ["first", "a", "b", "ImportError: \u{202E}x"]
        worker.versions = ["python": "3.11", "dask": "2025.1"]
        return worker
    }

    @Test func document() throws {
        for worker in [Self.worker(1), Self.failing] {
            #expect(try WorkerView(document: worker.document) == worker)
        }
        #expect(
            Self.worker(1).document.text
                == #"{"lease":"5.1","host":"wn1.site","pid":4711,"state":"registered","since":1000,"restarts":0}"#)
        for text in ["{}", #"{"lease":"5.1","host":"a","since":1,"state":"odd"}"#] {
            let document = try JSONValue(parsing: Array(text.utf8))
            #expect(throws: ValueError.self) { try WorkerView(document: document) }
        }
    }

    @Test("the table lines up, shows failures below, and nothing that moves the cursor")
    func table() {
        var other = Self.worker(2)
        other.versions = ["python": "3.12"]
        let table = WorkerTable([Self.failing, other], now: 1000 + 3600 * 3 + 65)
        #expect(
            table.lines == [
                "2 workers: 1 registered, 1 leaving",
                "LEASE  STATE       SINCE  HOST       PID   ROUTE      LOAD  MEMORY   DAEMON  RESTARTS",
                "5.12   leaving     3h01m  wn12.site  4711  forwarded  4.0   1.5 GiB  failed  3",
                "  exit code 1\\u{1B}[2J",
                "    | a", "    | b", "    | ImportError: \\u{202E}x",
                "5.2    registered  3h01m  wn2.site   4711  direct     -     -        -       0",
                "workers differ in python: 3.11 (1), 3.12 (1)",
            ])
        var timeless = Self.worker(1)
        timeless.since = .min
        #expect(WorkerTable([timeless], now: 1).lines.count == 3)
        #expect(WorkerTable([], now: 0).lines == ["0 workers"])
        #expect(WorkerTable([Self.worker(1)], now: 0).lines.first == "1 worker: 1 registered")
    }

    @Test(
        arguments: [
            (-5, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h00m"), (172_799, "47h59m"),
            (187_200, "2d04h"),
        ] as [(Int64, String)])
    func span(seconds: Int64, text: String) {
        #expect(PrintableText.span(seconds: seconds) == text)
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (10 << 20, "10 MiB"), (.max, "8388608 TiB"), (-1, "0 B"),
        ] as [(Int64, String)])
    func size(bytes: Int64, text: String) {
        #expect(PrintableText.size(bytes) == text)
    }

    @Test func sessionReport() throws {
        let view = try JSONValue(
            parsing: Array(
                #"""
                {"masterJobId":"77","phase":"running","startedAt":100,"workers":{"wanted":4,"leased":3,"registered":2},
                "details":{"scheduler":"tls://127.0.0.1:1"},
                "problems":[{"lease":"5.1","host":"wn1","at":150,"reason":"exit code 1","log":["boom\u001b"]}]}
                """#.utf8))
        #expect(
            SessionReport(view, isAlive: true, problem: nil).lines(now: 160) == [
                "master 77 running, up 1m", "workers: 2 registered, 3 leased, 4 wanted",
                "scheduler: tls://127.0.0.1:1", "10s ago, worker 5.1 on wn1: exit code 1", "    | boom\\u{1B}",
            ])
        let gone = SessionReport(view, isAlive: false, problem: "nobody holds the lock")
        #expect(
            gone.lines(now: 160).prefix(2) == [
                "the master is gone: nobody holds the lock", "master 77 was running",
            ])
        #expect(gone.document["alive"] == .bool(false))
        #expect(gone.document["session"] == view)
        #expect(SessionReport(nil, isAlive: false, problem: "x").lines(now: 0) == ["the master is gone: x"])
        // What is no status file must not end the command.
        #expect(SessionReport(.array([]), isAlive: true, problem: nil).lines(now: 0).count == 2)
        let timeless = try JSONValue(
            parsing: Array(#"{"startedAt":-9223372036854775808,"problems":[{"at":-9223372036854775808}]}"#.utf8))
        #expect(SessionReport(timeless, isAlive: true, problem: nil).lines(now: 1).count == 3)
    }
}

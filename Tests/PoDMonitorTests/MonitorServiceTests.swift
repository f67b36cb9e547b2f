import Logging
import PoDMonitor
import ServiceLifecycle
import Testing

@Suite(.timeLimit(.minutes(10))) struct MonitorServiceTests {
    @Test("answers over HTTP as the real servlet does", arguments: RestCase.all)
    func overHTTP(_ restCase: RestCase) async throws {
        let store = restCase.seededStore()
        let now = restCase.nowMs
        let bytes = try await RunningMonitor.with(store: store, clock: { now }) { monitor in
            var request = "\(restCase.request.method) \(restCase.request.target) \(restCase.request.protocol)\r\n"
            for (name, value) in restCase.request.headers {
                request += "\(name): \(value)\r\n"
            }
            request += "\r\n" + (restCase.request.body ?? "")
            return try await monitor.exchange(Array(request.utf8))
        }
        let answer = try RawAnswer(bytes)
        if let deviation = RestDeviation.of(restCase) {
            #expect(answer.status == deviation.status)
            #expect(String(decoding: answer.body, as: UTF8.self) == deviation.body)
            return
        }
        let expected = restCase.response
        #expect(answer.status == expected.status)
        if expected.status == 400 {
            #expect(answer.header("Content-Length") == "0")
        }
        guard expected.status < 400 else { return }
        for name in ["Content-Type", "Content-Range", "Allow"] {
            #expect(answer.header(name) == expected.header(name))
        }
        // The page for robots comes in chunks from the real one.
        #expect(answer.header("Content-Length") == expected.header("Content-Length") ?? String(expected.bodyLength))
        #expect(
            RestCase.masked(answer.body, restCase.volatile) == RestCase.masked(restCase.body, restCase.volatile))
    }

    private func get(_ target: String, from monitor: RunningMonitor) async throws -> String {
        let request = "GET \(target) HTTP/1.1\r\nHost: x\r\nUser-Agent: test\r\nConnection: close\r\n\r\n"
        let answer = try RawAnswer(try await monitor.exchange(Array(request.utf8)))
        #expect(answer.status == 200)
        return String(decoding: answer.body, as: UTF8.self)
    }

    @Test("an advertisement sent by datagram is found by the JobAgent's query, malformed ones before it or not")
    func datagramToQuery() async throws {
        let malformed = [
            "bad-empty", "bad-trunc-060", "bad-header-len-huge", "bad-type-unknown-6", "bad-strval-len-over",
        ]
        // One of them is empty.
        let datagrams = (malformed + ["perl-pod-master"]).map { RestCase.bytes("apmon/\($0).bin") }
        let now: Int64 = 1_700_000_000_000
        let clock = SteppedClock(now)
        let text = try await RunningMonitor.with(clock: { clock.now }) { monitor in
            try await monitor.send(datagrams)
            try await monitor.received(datagrams.count)
            #expect(monitor.store.counts.malformed == malformed.count)
            #expect(monitor.store.counts.taken == 1)
            clock.advance(by: 5000)
            return try await self.get("/rest/*/PoD_Masters/*/-60000/-1/Address", from: monitor)
        }
        #expect(text == "CERN/PoD_Masters/1234567890/Address/master.cern.ch:21001/\(now)\n")
    }

    @Test("a master that stopped publishing drops out of the window")
    func dropsOut() async throws {
        let clock = SteppedClock(1_700_000_000_000)
        try await RunningMonitor.with(clock: { clock.now }) { monitor in
            try await monitor.send([RestCase.bytes("apmon/perl-pod-master.bin")])
            try await monitor.received(1)
            clock.advance(by: 60_000)
            #expect(try await self.get("/rest/*/PoD_Masters/*/-60000/-1/Address", from: monitor) != "")
            clock.advance(by: 1)
            #expect(try await self.get("/rest/*/PoD_Masters/*/-60000/-1/Address", from: monitor) == "")
        }
    }

    @Test("the largest datagram is taken whole")
    func largestDatagram() async throws {
        let name = Array("v:2.2.18_plp:".utf8)
        func string(_ bytes: [UInt8]) -> [UInt8] {
            let count = UInt32(bytes.count)
            let length = (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
            return length + bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
        }
        let word: (UInt8) -> [UInt8] = { [0, 0, 0, $0] }
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 32_000)
        let datagram =
            string(name) + word(1) + word(1) + string(Array("C".utf8)) + string(Array("N".utf8)) + word(2)
            + string(Array("a".utf8)) + word(0) + string(long) + string(Array("b".utf8)) + word(0) + string(long)
        try await RunningMonitor.with { monitor in
            try await monitor.send([datagram])
            try await monitor.received(1)
            #expect(monitor.store.counts.taken == 1)
            let text = try await self.get("/rest/*/C/N/b", from: monitor)
            #expect(text.utf8.count > 32_000)
        }
    }

    @Test("works on IPv6 too")
    func ipv6() async throws {
        var configuration = try MonitorConfiguration(farm: "CERN")
        configuration.udp = ListenAddress(host: "::1", port: 0)
        configuration.http = ListenAddress(host: "::1", port: 0)
        let text = try await RunningMonitor.with(configuration) { monitor in
            #expect(monitor.addresses.baseURL == "http://[::1]:\(monitor.addresses.http.port)/")
            try await monitor.send([RestCase.bytes("apmon/perl-pod-master.bin")])
            try await monitor.received(1)
            return try await self.get("/rest/*/PoD_Masters/*/port", from: monitor)
        }
        #expect(text.hasPrefix("CERN/PoD_Masters/1234567890/port/21001/"))
    }

    @Test("a source that sends too many is held back and others are not forgotten")
    func flood() async throws {
        var configuration = try MonitorConfiguration(farm: "CERN")
        configuration.datagramRate = 1
        try await RunningMonitor.with(configuration) { monitor in
            // One a second: about 12 pass in a burst.
            try await monitor.send(Array(repeating: RestCase.bytes("apmon/perl-pod-master.bin"), count: 60))
            try await monitor.received(60)
            #expect(monitor.store.counts.flooded > 0)
            #expect(monitor.store.counts.taken > 0)
            #expect(monitor.store.counts.flooded + monitor.store.counts.taken == 60)
        }
    }

    @Test("several requests go over one connection, and what is no HTTP ends it")
    func keepAlive() async throws {
        try await RunningMonitor.with { monitor in
            let head = "HEAD /rest/ HTTP/1.1\r\nHost: x\r\nUser-Agent: t\r\n\r\n"
            let post = "POST /rest/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
            let last = "GET /rest/ HTTP/1.1\r\nHost: x\r\nUser-Agent: t\r\nConnection: close\r\n\r\n"
            let bytes = try await monitor.exchange(Array((head + post + last).utf8))
            #expect(String(decoding: bytes, as: UTF8.self).split(separator: "HTTP/1.1 200 OK").count == 3)
            let refusal = try RawAnswer(try await monitor.exchange(Array("nonsense\r\n\r\n".utf8)))
            #expect(refusal.status == 400)
        }
    }

    @Test("a taken port is named, whichever it is", arguments: ["UDP", "HTTP"])
    func takenPort(_ kind: String) async throws {
        try await RunningMonitor.with { monitor in
            var configuration = try MonitorConfiguration(farm: "CERN")
            let taken = kind == "UDP" ? monitor.addresses.udp : monitor.addresses.http
            let free = ListenAddress(host: "127.0.0.1", port: 0)
            configuration.udp = kind == "UDP" ? taken : free
            configuration.http = kind == "UDP" ? free : taken
            let service = MonitorService(
                configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                onRunning: { _ in Issue.record("it runs") })
            let error = await #expect(throws: MonitorError.self) { try await service.run() }
            #expect(error?.code == .cannotListen)
            #expect(error?.description == "can't listen on \(kind) \(taken): Address already in use")
        }
    }

    @Test("cancelling ends it and frees both ports")
    func cancel() async throws {
        // An address of its own: on the usual one, what runs beside this test could take a port that was freed.
        var configuration = try MonitorConfiguration(farm: "CERN")
        configuration.udp = ListenAddress(host: "127.0.0.77", port: 0)
        configuration.http = ListenAddress(host: "127.0.0.77", port: 0)
        let addresses = try await Self.addressesOfCancelledService(configuration)
        configuration.udp = addresses.udp
        configuration.http = addresses.http
        // A process that another test is just starting holds each socket for a moment, until its exec.
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                #expect(try await Self.addressesOfCancelledService(configuration) == addresses)
                return
            } catch let error as MonitorError where ContinuousClock.now < deadline && error.code == .cannotListen {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Runs a service until it is up, and cancels it.
    private static func addressesOfCancelledService(
        _ configuration: MonitorConfiguration
    ) async throws -> MonitorAddresses {
        let (running, continuation) = AsyncStream.makeStream(of: MonitorAddresses.self)
        let service = MonitorService(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onRunning: { continuation.yield($0) })
        let task = Task {
            defer { continuation.finish() }
            try await service.run()
        }
        guard let addresses = await running.first(where: { _ in true }) else {
            try await task.value
            throw CancellationError()
        }
        task.cancel()
        _ = await task.result
        return addresses
    }
}

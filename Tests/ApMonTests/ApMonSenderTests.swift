import ApMon
import Glibc
import PoDTestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct ApMonSenderTests {
    private static let advertisement = [
        DatagramParameter(name: "Address", value: .string("master.cern.ch:21001")),
        DatagramParameter(name: "Wanted", value: .int32(40)),
        DatagramParameter(name: "Share", value: .real64(0.25)),
    ]

    private static func message() throws -> ApMonMessage {
        try ApMonMessage(cluster: "PoD_Masters", node: "1234567890", parameters: Self.advertisement)
    }

    @Test func sendsWhatAReceiverReads() throws {
        let receiver = try LoopbackReceiver()
        let sender = ApMonSender(destinations: [
            ApMonDestination(host: "127.0.0.1", port: receiver.port, password: "p:w d")
        ])
        let outcome = sender.send(try Self.message(), at: .zero)
        #expect(outcome.datagrams == 1 && outcome.failures.isEmpty && outcome.heldBack == 0)
        let bytes = try #require(receiver.receive())
        let datagram = try Datagram(decoding: bytes)
        #expect(datagram.cluster == "PoD_Masters" && datagram.node == "1234567890")
        #expect(datagram.parameters == Self.advertisement)
        #expect(datagram.time == nil && datagram.trailing.isEmpty)
        #expect(datagram.sequenceNumber == 1 && datagram.instanceID != nil)
        #expect(ReceivedReport(datagram, password: "p:w d")?.values.count == 3)
    }

    @Test(arguments: [("127.0.0.1", false), ("localhost", false), ("::1", true)])
    func reachesEveryKindOfHost(host: String, isIPv6: Bool) throws {
        let receiver: LoopbackReceiver
        do {
            receiver = try LoopbackReceiver(isIPv6: isIPv6)
        } catch let failure as LoopbackReceiver.Failure
            where isIPv6 && [EAFNOSUPPORT, EADDRNOTAVAIL].contains(failure.code)
        {
            return  // This machine has no IPv6.
        }
        let sender = ApMonSender(destinations: [ApMonDestination(host: host, port: receiver.port)])
        // localhost may mean ::1 first, where nobody listens: the refusal comes with a later send, and moves on.
        for second in 0..<4 where sender.send(try Self.message(), at: .seconds(second)).datagrams > 0 {
            if receiver.receive(milliseconds: 300) != nil { return }
        }
        Issue.record("nothing arrived")
    }

    @Test func countsForEachDestination() throws {
        let one = try LoopbackReceiver()
        let two = try LoopbackReceiver()
        let sender = ApMonSender(destinations: [one.destination, two.destination, one.destination], rate: nil)
        #expect(sender.destinations.count == 2)
        let message = try Self.message()
        let other = try ApMonMessage(cluster: "c", node: "n", parameters: Self.advertisement)
        for _ in 0..<2 {
            #expect(sender.send(message, at: .zero).datagrams == 2)
            #expect(sender.send(other, at: .zero).datagrams == 2)
        }
        for receiver in [one, two] {
            let datagrams = try (0..<4).map { _ in
                let bytes = try #require(receiver.receive())
                return try Datagram(decoding: bytes)
            }
            #expect(datagrams.map(\.sequenceNumber) == [1, 2, 3, 4])
            #expect(datagrams.map(\.cluster) == ["PoD_Masters", "c", "PoD_Masters", "c"])
            #expect(Set(datagrams.map(\.instanceID)).count == 1)
        }
    }

    @Test func oneThatFailsStopsNoOther() throws {
        let receiver = try LoopbackReceiver()
        let sender = ApMonSender(destinations: [
            ApMonDestination(host: "no-such-host.invalid"), receiver.destination,
        ])
        for second in 0..<3 {
            let outcome = sender.send(try Self.message(), at: .seconds(second))
            #expect(outcome.datagrams == 1)
            #expect(outcome.failures.count == 1)
            #expect(outcome.failures.first?.hasPrefix("no-such-host.invalid:8884: ") == true)
            #expect(receiver.receive() != nil)
        }
        #expect(sender.resolve(at: .seconds(3)).count == 1)
    }

    /// It is known only when the next message is sent, which goes out all the same.
    @Test func tellsWhereNobodyListens() throws {
        let receiver = try LoopbackReceiver()
        let closed = try LoopbackReceiver().destination
        let sender = ApMonSender(destinations: [receiver.destination, closed])
        #expect(sender.send(try Self.message(), at: .zero).refused.isEmpty)
        let outcome = sender.send(try Self.message(), at: .seconds(1))
        #expect(outcome.refused == [closed.description])
        #expect(outcome.datagrams == 2 && outcome.failures.isEmpty)
    }

    /// A receiver that went away makes sends fail, and is reached again once it is back.
    @Test func outlivesAReceiver() throws {
        var receiver: LoopbackReceiver? = try LoopbackReceiver()
        let port = try #require(receiver?.port)
        let sender = ApMonSender(destinations: [ApMonDestination(host: "127.0.0.1", port: port)], rate: nil)
        #expect(sender.send(try Self.message(), at: .zero).datagrams == 1)
        #expect(receiver?.receive() != nil)
        receiver = nil
        for _ in 0..<10 {
            _ = sender.send(try Self.message(), at: .zero)
        }
        let again: LoopbackReceiver
        do {
            again = try LoopbackReceiver(port: port)
        } catch {
            return  // Another process has taken the port.
        }
        for _ in 0..<3 {
            _ = sender.send(try Self.message(), at: .zero)
        }
        #expect(again.receive() != nil)
    }

    @Test func holdsBackWhatExceedsTheRate() throws {
        let receiver = try LoopbackReceiver()
        let sender = ApMonSender(destinations: [receiver.destination], rate: 1)
        let message = try Self.message()
        let outcomes = (0..<100).map { _ in sender.send(message, at: .seconds(5)) }
        let sent = outcomes.reduce(0) { $0 + $1.datagrams }
        #expect((10...14).contains(sent))
        #expect(outcomes.reduce(0) { $0 + $1.heldBack } == 100 - sent)
        // What is held back uses up no number.
        let numbers = try (0..<sent).map { _ in
            let bytes = try #require(receiver.receive())
            return try Datagram(decoding: bytes).sequenceNumber
        }
        #expect(numbers == (1...Int32(sent)).map { $0 })
    }

    @Test func splitsLargeMessages() throws {
        let receiver = try LoopbackReceiver()
        let sender = ApMonSender(destinations: [receiver.destination])
        let parameters = (0..<600).map {
            DatagramParameter(name: DatagramText("parameter_\($0)"), value: .real64(Double($0)))
        }
        let message = try ApMonMessage(cluster: "c", node: "n", parameters: parameters, time: 1_700_000_000)
        let count = sender.send(message, at: .zero).datagrams
        #expect(count > 1)
        var received: [DatagramParameter] = []
        for number in 1...Int32(count) {
            let bytes = try #require(receiver.receive())
            #expect(bytes.count <= ApMonMessage.largestDatagram)
            let datagram = try Datagram(decoding: bytes)
            #expect(datagram.sequenceNumber == number && datagram.time == 1_700_000_000)
            #expect(datagram.cluster == "c" && datagram.node == "n")
            received += datagram.parameters
        }
        #expect(received == parameters)
    }

    @Test(
        arguments: [
            ([], 8192, "no parameters"),
            (
                [.init(name: "big", value: .string(DatagramText(String(repeating: "x", count: 9000))))], 8192,
                "parameter big"
            ),
            ([.init(name: "v", value: .int32(1))], 0, "parameter v"),
            ([.init(name: "v", value: .int32(1))], Int.min, "parameter v"),
        ] as [([DatagramParameter], Int, String)])
    func refusesMessages(parameters: [DatagramParameter], largest: Int, reason: String) throws {
        let error = try #require(throws: ApMonError.self) {
            try ApMonMessage(cluster: "c", node: "n", parameters: parameters, largestDatagram: largest)
        }
        #expect("\(error)".contains(reason))
    }

    /// After a fork both processes send, each with a socket, an instance id and numbers of its own.
    @Test func worksOnAfterAFork() async {
        keepSocketsFromChildren()
        await #expect(processExitsWith: .success) {
            alarm(20)
            let receiver = try LoopbackReceiver()
            let sender = ApMonSender(destinations: [receiver.destination], rate: nil)
            let message = try ApMonMessage(
                cluster: "c", node: "n", parameters: [DatagramParameter(name: "v", value: .int32(1))])
            _ = sender.send(message, at: .zero)
            typealias Fork = @convention(c) () -> Int32
            let symbol = try #require(dlsym(nil, "fork"))
            let child = unsafeBitCast(symbol, to: Fork.self)()
            if child == 0 {
                let sent = sender.send(message, at: .zero).datagrams + sender.send(message, at: .zero).datagrams
                _exit(sent == 2 ? 0 : 1)
            }
            var status: Int32 = -1
            try #require(waitpid(child, &status, 0) == child && status == 0)
            _ = sender.send(message, at: .zero)
            let datagrams = try (0..<4).map { _ in
                let bytes = try #require(receiver.receive())
                return try Datagram(decoding: bytes)
            }
            #expect(datagrams.map(\.sequenceNumber) == [1, 1, 2, 2])
            let instances = datagrams.map(\.instanceID)
            #expect(instances[0] == instances[3] && instances[1] == instances[2] && instances[0] != instances[1])
        }
    }
}

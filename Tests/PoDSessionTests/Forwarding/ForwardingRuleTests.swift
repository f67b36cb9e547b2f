import PoDCore
import PoDSession
import Testing

@Suite struct ForwardingRuleTests {
    private static let nonce = StreamSecret(bits: 7)

    @Test(
        "who is reached how, by mode, by whether the daemons authenticate their peers, and by where a worker comes from",
        arguments: [
            (.always, true, "192.0.2.7", .forwarded),
            (.always, false, "127.0.0.1", .forwarded),
            (.never, true, "192.0.2.7", .direct),
            (.never, false, "192.0.2.7", .direct),
            (.auto, true, "192.0.2.7", .directIfMet(try! Address(parsing: "192.0.2.7:20001"))),
            (.auto, true, "2001:db8::7", .directIfMet(try! Address(parsing: "[2001:db8::7]:20001"))),
            (.auto, true, "127.0.0.1", .directIfMet(try! Address(parsing: "127.0.0.1:20001"))),
            (.auto, false, "127.0.0.1", .directIfMet(try! Address(parsing: "127.0.0.1:20001"))),
            (.auto, false, "127.8.0.1", .directIfMet(try! Address(parsing: "127.8.0.1:20001"))),
            (.auto, false, "::1", .directIfMet(try! Address(parsing: "[::1]:20001"))),
            (.auto, false, "192.0.2.7", .forwarded),
            (.auto, false, "2001:db8::1", .forwarded),
            (.auto, true, nil, .forwarded),
        ] as [(ForwardingMode, Bool, String?, ForwardingRule.Way)])
    func ways(mode: ForwardingMode, authenticates: Bool, source: String?, way: ForwardingRule.Way) throws {
        let rule = ForwardingRule(mode, authenticatesPeers: authenticates)
        let source = try source.map { try Address(host: $0, port: 41234) }
        #expect(rule.way(to: Claim.Reach(port: 20001, nonce: Self.nonce), from: source) == way)
        // Who listens nowhere can't be met.
        #expect(rule.way(to: nil, from: source) == (mode == .never ? .direct : .forwarded))
    }
}

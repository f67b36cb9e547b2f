import PoDCore
import PoDTestKit
import PoDTickets
import Testing

/// A well-signed user's ticket, and everything that may be wrong with it.
@Suite struct TicketRefusalTests {
    private static let header = #"{"alg":"EdDSA","typ":"pod-ticket"}"#
    private static let x = Base64URL.text(TicketWorld.key(2).publicKey.bytes)
    private static let payload =
        #"{"iss":"alice","sub":"aliprod","role":"user","nbf":1795600000,"exp":1796204800,"workers":500,"#
        + #""cnf":{"jwk":{"kty":"OKP","crv":"Ed25519","x":"\#(Self.x)"}}}"#

    @Test func takesTheGoodOne() throws {
        let world = TicketWorld()
        let text = try TicketWorld.compact(header: Self.header, payload: Self.payload, key: world.vo)
        #expect(try world.userTicket().description == text)
        var verifier = world.verifier
        let verified = try verifier.verify(text, as: .user, at: world.now)
        #expect(verified.ticket == (try world.userTicket().ticket))
        #expect(verified.trustedKey == world.vo.publicKey)
        #expect(verified.owner == "aliprod")
    }

    private static let otherHeaders: [(header: String, code: TicketError.Code)] = [
        (#"{"alg":"none","typ":"pod-ticket"}"#, .wrongAlgorithm),
        (#"{"alg":"None","typ":"pod-ticket"}"#, .wrongAlgorithm),
        (#"{"alg":"HS256","typ":"pod-ticket"}"#, .wrongAlgorithm),
        (#"{"alg":"ES256","typ":"pod-ticket"}"#, .wrongAlgorithm),
        (#"{"alg":"eddsa","typ":"pod-ticket"}"#, .wrongAlgorithm),
        (#"{"alg":["EdDSA"],"typ":"pod-ticket"}"#, .wrongAlgorithm),
        (#"{"alg":null,"typ":"pod-ticket"}"#, .wrongAlgorithm),
        (#"{"typ":"pod-ticket"}"#, .wrongAlgorithm),
        (#"{"alg":"EdDSA"}"#, .wrongType),
        (#"{"alg":"EdDSA","typ":"JWT"}"#, .wrongType),
        (#"{"alg":"EdDSA","typ":"pod-advertisement"}"#, .wrongType),
        (#"{"alg":"EdDSA","typ":"POD-TICKET"}"#, .wrongType),
        (#"{"alg":"EdDSA","typ":"application/pod-ticket"}"#, .wrongType),
        (#"{"alg":"EdDSA","typ":"pod-ticket","crit":["b64"],"b64":false}"#, .criticalHeader),
        (#"{"alg":"EdDSA","typ":"pod-ticket","crit":["exp"],"exp":1}"#, .criticalHeader),
        (#"{"alg":"EdDSA","typ":"pod-ticket","crit":[]}"#, .criticalHeader),
        (#"{"alg":"EdDSA","typ":"pod-ticket","crit":null}"#, .criticalHeader),
        (#"{"alg":"EdDSA","typ":"pod-ticket","alg":"EdDSA"}"#, .malformed),
        (#"{"alg":"none","typ":"pod-ticket","alg":"EdDSA"}"#, .malformed),
        (#"{"alg":"EdDSA","typ":"pod-ticket","\u0061lg":"none"}"#, .malformed),
        (#"{"alg":"EdDSA","typ":"pod-ticket"} {}"#, .malformed),
        (#"["EdDSA"]"#, .malformed),
        ("", .malformed),
        ("\u{FEFF}" + Self.header, .malformed),
    ]

    @Test(arguments: Self.otherHeaders)
    func refusesOtherHeaders(_ header: String, _ code: TicketError.Code) throws {
        try Self.expect(code, try TicketWorld.compact(header: header, payload: Self.payload, key: TicketWorld().vo))
    }

    /// RFC 7515, section 4: what is not understood is ignored. The key of a header is never asked.
    @Test func asksNoKeyOfTheHeader() throws {
        let world = TicketWorld()
        let jwk = world.stranger.publicKey.jwk.text
        let header = #"{"alg":"EdDSA","typ":"pod-ticket","kid":"x","jku":"http://x/","jwk":\#(jwk),"b64":false}"#
        try Self.expect(
            .untrusted, try TicketWorld.compact(header: header, payload: Self.payload, key: world.stranger))
        var verifier = world.verifier
        let text = try TicketWorld.compact(header: header, payload: Self.payload, key: world.vo)
        #expect(try verifier.verify(text, as: .user, at: world.now).trustedKey == world.vo.publicKey)
    }

    private static let otherClaims: [(old: String, new: String, code: TicketError.Code)] = [
        (#""sub":"aliprod","#, "", .malformed), (#""role":"user","#, "", .malformed),
        (#""nbf":1795600000,"#, "", .malformed), (#""exp":1796204800,"#, "", .malformed),
        (#""cnf""#, #""CNF""#, .malformed), (#""jwk""#, #""jku""#, .malformed),
        (#""user""#, #""admin""#, .malformed), (#""user""#, #""User""#, .malformed),
        (#""user""#, #"["user"]"#, .malformed), (#""user""#, "null", .malformed),
        ("1796204800", #""1796204800""#, .malformed), ("1796204800", "1e400", .malformed),
        ("1796204800", "-1", .malformed), ("1796204800", "253402300800", .malformed),
        ("1796204800", "9223372036854775808", .malformed), ("1796204800", "true", .malformed),
        ("1796204800", "1795600000", .malformed), ("1796204800", "1795599999", .malformed),
        ("500", "0", .malformed), ("500", "-1", .malformed), ("500", "1000001", .malformed), ("500", "1.5", .malformed),
        ("500", #""500""#, .malformed), ("500", "null", .malformed),
        (#""alice""#, "1", .malformed), (#""alice""#, #""""#, .malformed), (#""alice""#, "null", .malformed),
        (#""iss""#, #""aud":"somebody","iss""#, .wrongAudience), (#""iss""#, #""aud":[],"iss""#, .wrongAudience),
        (#""iss""#, #""sub":"root","iss""#, .malformed), (#""iss""#, #""exp":1,"iss""#, .malformed),
        (#""kty":"OKP""#, #""kty":"EC""#, .malformed), (#""Ed25519""#, #""Ed448""#, .malformed),
        (#""kty""#, #""d":"\#(Self.x)","kty""#, .malformed), (Self.x, Self.x + "=", .malformed),
        (Self.x, String(Self.x.dropLast()), .malformed), (Self.x, "", .malformed),
        ("}}}", "}}", .malformed), ("}}}", "}}}}", .malformed), ("}}}", "}}},", .malformed), ("{", "", .malformed),
    ]

    @Test(arguments: Self.otherClaims)
    func refusesOtherClaims(_ old: String, _ new: String, _ code: TicketError.Code) throws {
        let payload = Self.payload.replacing(old, by: new)
        try #require(payload != Self.payload)
        try Self.expect(code, try TicketWorld.compact(payload: payload, key: TicketWorld().vo))
    }

    @Test(arguments: [
        "a;rm -rf", "$(x)", "`x`", "a|b", "a&b", "a>b", "<b>", "a'b", #"a\"b"#, #"a\\b"#, #"a\nb"#, #"a\rb"#,
        #"\u0000"#,
        #"a\u2028b"#, "ä", "а", #"\ud83d\ude00"#, " a", "a ", " ", #"\t"#, "a*", "a?", "a#", "a%41", "a!b", "{}", "[]",
        "~", "a^b", String(repeating: "a", count: 129),
    ])
    func refusesNamesThatMeanSomethingElsewhere(_ name: String) throws {
        for old in ["alice", "aliprod"] {
            let payload = Self.payload.replacing(old, by: name)
            try Self.expect(.malformed, try TicketWorld.compact(payload: payload, key: TicketWorld().vo))
        }
    }

    @Test(arguments: [
        "a", "ALICE::CERN::LCG", "/C=CH/O=CERN/CN=Jane Doe, 1", "user@site.org", "a+b-c_d.e", "../../etc",
        String(repeating: "a", count: 128),
    ])
    func takesNamesOfTheGrid(_ name: String) throws {
        let world = TicketWorld()
        var verifier = world.verifier
        let text = try TicketWorld.compact(payload: Self.payload.replacing("aliprod", by: name), key: world.vo)
        #expect(try verifier.verify(text, as: .user, at: world.now).owner == name)
    }

    /// NumericDate may have a fraction, names that nobody knows are ignored, and blanks mean nothing.
    @Test(arguments: [
        ("1796204800", "1796204800.75"), ("1795600000", "1.7956e9"), (#""iss""#, #""jti":{"a":[1]},"iat":0,"iss""#),
        (",", " ,\n\t"), (#""iss":"alice","#, ""), (#""workers":500,"#, ""),
        (#""kty""#, #""kid":"1","use":"sig","kty""#),
        (#""cnf":{"#, #""cnf":{"kid":"1","#),
    ])
    func takesWhatTheStandardLeavesOpen(_ old: String, _ new: String) throws {
        let world = TicketWorld()
        var verifier = world.verifier
        let payload = Self.payload.replacing(old, by: new)
        try #require(payload != Self.payload)
        let verified = try verifier.verify(
            try TicketWorld.compact(payload: payload, key: world.vo), as: .user, at: world.now)
        #expect(verified.ticket.expires.secondsSince1970 == 1_796_204_800)
        #expect(verified.ticket.notBefore.secondsSince1970 == 1_795_600_000)
    }

    @Test func refusesOtherForms() throws {
        let world = TicketWorld()
        let good = try world.userTicket().description
        let parts = good.split(separator: ".").map(String.init)
        let (header, payload, signature) = (parts[0], parts[1], parts[2])
        // The last character of 64 bytes carries four bits that must be zero: A, Q, g or w.
        let last = try #require(signature.last)
        let other = try #require("AQgw".contains(last) ? String(UnicodeScalar(last.asciiValue! + 1)) : nil)
        let texts = [
            "", ".", "..", "...", "~", header, "\(header).\(payload)", "\(header).\(payload).", "\(good).", ".\(good)",
            "\(good).\(signature)", "\(header)..\(signature)", ".\(payload).\(signature)", " \(good)", "\(good)\n",
            "\(good)\0", "\(header)=.\(payload).\(signature)", "\(header).\(payload)=.\(signature)", "\(good)==",
            "\(header).\(payload).\(signature.dropLast())", "\(header).\(payload).\(signature)A",
            "\(header).\(payload).\(signature.dropLast())\(other)", "\(header).\(payload).\(signature)AAAA",
            "\(header).\(payload).AAAA", good.replacing(".", by: "。"), "é" + good, "\(good)~", "~\(good)",
            signature.contains("-") ? good.replacing("-", by: "+") : good + "+", good + "/",
            #"{"payload":"\#(payload)","protected":"\#(header)","signature":"\#(signature)"}"#,
        ]
        for text in texts {
            try Self.expect(.malformed, text)
        }
        try Self.expect(.widened, "\(good)~\(good)~\(good)")
        try Self.expect(.widened, "~~")
        try Self.expect(.widened, String(repeating: "~", count: 2049))
        try Self.expect(.tooLong, String(repeating: "~", count: 2050))
        try Self.expect(.tooLong, String(repeating: "A", count: 1025))
        try Self.expect(.tooLong, String(repeating: "A", count: 5_000_000))
        try Self.expect(.tooLong, "\(good)~\(String(repeating: "A", count: 1025))")
    }

    @Test func refusesOtherSignatures() throws {
        let world = TicketWorld()
        try Self.expect(.untrusted, try TicketWorld.compact(payload: Self.payload, key: world.stranger))
        let parts = try world.userTicket().description.split(separator: ".").map(String.init)
        let other = try TicketWorld.compact(payload: Self.payload.replacing("500", by: "501"), key: world.vo)
            .split(separator: ".").map(String.init)
        try Self.expect(.untrusted, "\(parts[0]).\(other[1]).\(parts[2])")
        try Self.expect(.untrusted, "\(parts[0]).\(parts[1]).\(String(repeating: "A", count: 86))")
        var noKeys = TicketVerifier(trustedKeys: try TrustedKeys([]))
        let error = #expect(throws: TicketError.self) {
            try noKeys.verify(world.userTicket().description, as: .user, at: world.now)
        }
        #expect(error?.code == .untrusted)
    }

    private static let times: [(now: Int64, code: TicketError.Code?)] = [
        (1_795_599_699, .notYetValid), (1_795_599_700, nil), (1_795_600_000, nil), (1_796_204_799, nil),
        (1_796_205_099, nil), (1_796_205_100, .expired), (0, .notYetValid), (.max, .expired), (.min, .notYetValid),
    ]

    @Test("allows 300 s for wrong clocks, and not one more", arguments: Self.times)
    func checksTheTime(_ now: Int64, _ code: TicketError.Code?) throws {
        let world = TicketWorld()
        var verifier = world.verifier
        let text = try world.userTicket().description
        let now = NumericDate(secondsSince1970: now)
        // The second time from memory.
        _ = try verifier.verify(text, as: .user, at: world.now)
        for _ in 0..<2 {
            let result = Result { () throws(TicketError) in try verifier.verify(text, as: .user, at: now) }
            switch result {
            case .success: #expect(code == nil)
            case .failure(let error): #expect(error.code == code)
            }
            verifier = world.verifier
        }
    }

    private static func expect(
        _ code: TicketError.Code, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let world = TicketWorld()
        var verifier = world.verifier
        for _ in 0..<2 {
            let error = #expect(throws: TicketError.self, sourceLocation: sourceLocation) {
                try verifier.verify(text, as: .user, at: world.now)
            }
            #expect(
                error?.code == code, "\(text.prefix(200)): \(error.map { "\($0)" } ?? "")",
                sourceLocation: sourceLocation)
            #expect(
                error?.description.unicodeScalars.allSatisfy(TicketWorld.isPlain) == true,
                sourceLocation: sourceLocation)
        }
    }
}

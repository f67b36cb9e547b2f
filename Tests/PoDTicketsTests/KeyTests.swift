import PoDCore
import PoDTestKit
import PoDTickets
import Testing

@Suite struct KeyTests {
    /// RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
    private static let signatures: [(seed: String, key: String, message: String, signature: String)] = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595"
                + "bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb43"
                + "02aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716e"
                + "d28dc027beceea1ec40a"
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643c"
                + "e80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138a"
                + "c17ad9bef1177331a704"
        ),
    ]

    @Test(arguments: Self.signatures)
    func signsAsTheStandardDoes(_ seed: String, _ key: String, _ message: String, _ signature: String) throws {
        let pair = try SigningKey(seed: TicketWorld.bytes(hex: seed))
        let message = TicketWorld.bytes(hex: message)
        let signature = TicketWorld.bytes(hex: signature)
        #expect(pair.publicKey.bytes == TicketWorld.bytes(hex: key))
        #expect(try pair.signature(of: message) == signature)
        #expect(pair.publicKey.verifies(signature: signature, of: message))
        #expect(!pair.publicKey.verifies(signature: signature, of: message + [0]))
        #expect(!pair.publicKey.verifies(signature: signature.dropLast(), of: message))
        #expect(!pair.publicKey.verifies(signature: [], of: message))
        for index in signature.indices {
            var spoiled = signature
            spoiled[index] ^= 1
            #expect(!pair.publicKey.verifies(signature: spoiled, of: message))
        }
        #expect(pair.withSeed { $0 } == TicketWorld.bytes(hex: seed))
    }

    /// RFC 8037, appendix A.
    @Test func namesKeysAsTheStandardDoes() throws {
        let seed = try #require(TicketWorld.bytes(base64URL: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
        let key = try SigningKey(seed: seed)
        let text = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        #expect(key.publicKey.jwk.text == text)
        #expect(key.publicKey.thumbprint.description == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        #expect(try PublicKey(jwk: JSONValue(parsing: Array(text.utf8))) == key.publicKey)
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        #expect(
            Base64URL.text(try key.signature(of: Array(signed.utf8)))
                == "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
    }

    /// With a point of small order as the key, one signature is good for every message in a lax implementation.
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    ])
    func takesNoKeyOfSmallOrder(_ hex: String) throws {
        let key = try PublicKey(bytes: TicketWorld.bytes(hex: hex))
        let identity = [1] + [UInt8](repeating: 0, count: 63)
        for start in [[UInt8](repeating: 0, count: 64), identity, key.bytes + [UInt8](repeating: 0, count: 32)] {
            for message in 0..<16 as Range<UInt8> {
                #expect(!key.verifies(signature: start, of: [message]))
            }
        }
    }

    @Test func readsBothKindsOfBase64() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            let seed = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let key = try SigningKey(seed: seed).publicKey
            #expect(try PublicKey(parsing: key.description) == key)
            #expect(try PublicKey(parsing: Base64URL.text(key.bytes)) == key)
            #expect(try KeyThumbprint(parsing: key.thumbprint.description) == key.thumbprint)
        }
    }

    @Test(arguments: [
        "", "=", "====", "AAAA", "A", String(repeating: "A", count: 42), String(repeating: "A", count: 44),
        String(repeating: "A", count: 43) + "A=", String(repeating: "A", count: 42) + "B=",
        String(repeating: "A", count: 42) + "B", " " + String(repeating: "A", count: 43),
        String(repeating: "A", count: 43) + "\n", String(repeating: "A", count: 42) + "é", "\0",
        String(repeating: "A", count: 42) + "==", String(repeating: "A", count: 1 << 20),
    ])
    func refusesOtherText(_ text: String) {
        let error = #expect(throws: TicketError.self) { try PublicKey(parsing: text) }
        #expect(error?.code == .invalidValue)
        #expect(error?.description.hasPrefix("public key: expected 32 bytes in base64, found ") == true)
        #expect(throws: TicketError.self) { try KeyThumbprint(parsing: text) }
    }

    @Test(arguments: [
        "[]", "null", "{}", #"{"kty":"OKP","crv":"Ed25519"}"#, #"{"kty":"OKP","crv":"Ed25519","x":1}"#,
        #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, #"{"kty":"OKP","crv":"X25519","x":"X"}"#,
        #"{"kty":"EC","crv":"Ed25519","x":"X"}"#, #"{"kty":"OKP","crv":"Ed25519","x":"X="}"#,
        #"{"kty":"OKP","crv":"Ed25519","x":"X","d":"X"}"#,
    ])
    func refusesOtherJWKs(_ text: String) throws {
        let text = text.replacing("X", by: String(repeating: "A", count: 43)).replacing("AAA25519", by: "X25519")
        let json = try JSONValue(parsing: Array(text.utf8))
        #expect(throws: TicketError.self) { try PublicKey(jwk: json) }
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func refusesSeedsAndKeysOfOtherSizes(_ count: Int) {
        #expect(throws: TicketError.self) { try SigningKey(seed: [UInt8](repeating: 7, count: count)) }
        #expect(throws: TicketError.self) { try PublicKey(bytes: [UInt8](repeating: 7, count: count)) }
    }

    @Test func makesADifferentKeyEachTime() throws {
        let first = try SigningKey()
        let second = try SigningKey()
        #expect(first.publicKey != second.publicKey)
        #expect(first.publicKey.thumbprint != second.publicKey.thumbprint)
    }
}

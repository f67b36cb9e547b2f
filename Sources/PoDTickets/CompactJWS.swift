import PoDCore

/// A signed text in the compact form of RFC 7515, with EdDSA over Ed25519 (RFC 8037) and nothing else.
///
/// Reading checks the form; whether the signature is good is a question of its own, ``isSigned(by:)``. The key never
/// comes from the text itself: a `jwk`, `jku` or `x5c` in the header is one of the members that RFC 7515, section 4,
/// has ignored.
struct CompactJWS: Hashable, Sendable {
    /// What a text of a kind has to be.
    struct Kind: Hashable, Sendable {
        /// The `typ` of the header, letter by letter.
        let type: String
        /// For messages.
        let name: String
        /// The longest text, in bytes.
        let largest: Int

        /// The header that we write.
        let header: [UInt8]

        static let ticket = Kind(type: "pod-ticket", name: "ticket", largest: 1024)
        static let advertisement = Kind(type: "pod-advertisement", name: "proof", largest: 1024)

        private init(type: String, name: String, largest: Int) {
            self.type = type
            self.name = name
            self.largest = largest
            self.header = Array(#"{"alg":"EdDSA","typ":"\#(type)"}"#.utf8)
        }
    }

    let kind: Kind
    let payload: [UInt8]
    /// The header, a dot and the payload as they stand in the text: what is signed.
    private let signed: [UInt8]
    private let signature: [UInt8]

    // MARK: - Reading

    init(parsing text: UnsafeRawBufferPointer, as kind: Kind) throws(TicketError) {
        guard text.count <= kind.largest else {
            throw TicketError(.tooLong, "\(kind.name): expected at most \(kind.largest) bytes, found \(text.count)")
        }
        var (first, second, dotCount) = (0, 0, 0)
        for index in text.indices where text[index] == UInt8(ascii: ".") {
            (first, second) = (second, index)
            dotCount &+= 1
        }
        guard dotCount == 2 else {
            throw TicketError(.malformed, "\(kind.name): expected three parts with dots between them")
        }
        let payloadText = text.part(from: first &+ 1, count: second &- first &- 1)
        let signatureText = text.part(from: second &+ 1, count: text.count)
        guard let header = Base64.bytes(urlText: text.part(from: 0, count: first)),
            let payload = Base64.bytes(urlText: payloadText), let signature = Base64.bytes(urlText: signatureText)
        else {
            throw TicketError(.malformed, "\(kind.name): expected base64url without padding, in its canonical form")
        }
        try Self.check(header: header, kind)
        guard signature.count == PublicKey.signatureSize else {
            throw TicketError(
                .malformed, "\(kind.name): signature: expected 64 bytes, found \(signature.count)")
        }
        self.kind = kind
        self.payload = payload
        self.signed = Array(text.part(from: 0, count: second))
        self.signature = signature
    }

    private static func check(header bytes: [UInt8], _ kind: Kind) throws(TicketError) {
        // What we write ourselves needs no JSON reader: with thousands of rows that counts.
        guard bytes != kind.header else { return }
        let header = try ClaimSet(parsing: bytes, of: "\(kind.name) header")
        guard let algorithm = header["alg"]?.string, algorithm == "EdDSA" else {
            throw TicketError(.wrongAlgorithm, "\(kind.name): alg: expected EdDSA, found \(header.shown("alg"))")
        }
        guard let type = header["typ"]?.string, type == kind.type else {
            throw TicketError(.wrongType, "\(kind.name): typ: expected \(kind.type), found \(header.shown("typ"))")
        }
        guard header["crit"] == nil else {
            throw TicketError(.criticalHeader, "\(kind.name): crit: expected none, found \(header.shown("crit"))")
        }
    }

    // MARK: - Verifying

    /// Whether the signature is the key's. Costs some 50 µs.
    func isSigned(by key: PublicKey) -> Bool {
        key.verifies(signature: self.signature, of: self.signed)
    }

    /// The name of the text, for what was found out about it.
    var digest: SHA256Digest { SHA256Digest(of: self.signed, self.signature) }

    // MARK: - Making

    init(signing payload: JSONValue, as kind: Kind, with key: SigningKey) throws(TicketError) {
        self.kind = kind
        self.payload = Array(payload.text.utf8)
        self.signed = Array("\(Base64.urlText(kind.header)).\(Base64.urlText(self.payload))".utf8)
        self.signature = try key.signature(of: self.signed)
        guard self.text.utf8.count <= kind.largest else {
            throw TicketError(
                .tooLong, "\(kind.name): expected at most \(kind.largest) bytes, found \(self.text.utf8.count)")
        }
    }

    var text: String {
        "\(String(decoding: self.signed, as: UTF8.self)).\(Base64.urlText(self.signature))"
    }
}

import Foundation
import PoDCore
import PoDTestKit
import PoDTickets

/// Keys from fixed seeds, and tickets of a VO, a user and a session: what most tests begin with.
struct TicketWorld {
    let vo = TicketWorld.key(1)
    let user = TicketWorld.key(2)
    let session = TicketWorld.key(3)
    let site = TicketWorld.key(4)
    let stranger = TicketWorld.key(5)

    static let begin: Int64 = 1_795_600_000
    static let masterJobID = MasterJobID(number: 1_234_567_890)!

    let now = NumericDate(secondsSince1970: TicketWorld.begin + 600)

    /// The key whose seed is 32 times this byte.
    static func key(_ byte: UInt8) -> SigningKey {
        try! SigningKey(seed: [UInt8](repeating: byte, count: 32))
    }

    static func date(_ seconds: Int64) -> NumericDate {
        NumericDate(secondsSince1970: Self.begin + seconds)
    }

    var trusted: TrustedKeys { try! TrustedKeys([self.vo.publicKey, self.site.publicKey]) }

    var verifier: TicketVerifier { TicketVerifier(trustedKeys: self.trusted) }

    // MARK: - Good ones

    func userTicket(workers: Int? = 500, lifetime: Int64 = 7 * 86400) throws -> TicketChain {
        try TicketChain(
            issuing: Ticket(
                issuer: "alice", subject: "aliprod", role: .user, notBefore: Self.date(0),
                expires: Self.date(lifetime), workers: workers, holder: self.user.publicKey),
            with: self.vo)
    }

    func sessionTicket(workers: Int? = 100) throws -> TicketChain {
        try TicketChain(
            issuing: Ticket(
                subject: "0123456789abcdef", role: .master, notBefore: Self.date(60), expires: Self.date(43200),
                workers: workers, holder: self.session.publicKey),
            with: self.user, signingTicket: self.userTicket())
    }

    func workerTicket() throws -> TicketChain {
        try TicketChain(
            issuing: Ticket(
                issuer: "CERN", subject: "ALICE::CERN::LCG", role: .worker, notBefore: Self.date(0),
                expires: Self.date(86400), holder: self.stranger.publicKey),
            with: self.site)
    }

    func content(
        address: String = "wn123.cern.ch:21001", wanted: Int = 100, share: Double? = 0.000123, sequence: UInt64 = 12,
        issuedAt: NumericDate? = nil
    ) throws -> AdvertisementContent {
        try AdvertisementContent(
            Advertisement(
                masterJobID: Self.masterJobID, address: Address(parsing: address), wanted: wanted, share: share,
                order: AdvertisementOrder(epoch: 1_795_600_000_000, sequence: sequence)),
            issuedAt: issuedAt ?? self.now)
    }

    func advertisement() throws -> SignedAdvertisement {
        try SignedAdvertisement(signing: self.content(), ticket: self.sessionTicket(), key: self.session)
    }

    // MARK: - Bad ones

    /// The compact form of any header and payload, well signed: made here from the RFC, not by what is tested.
    static func compact(
        header: String = #"{"alg":"EdDSA","typ":"pod-ticket"}"#, payload: String, key: SigningKey
    ) throws -> String {
        let signed = "\(Base64URL.text(Array(header.utf8))).\(Base64URL.text(Array(payload.utf8)))"
        return "\(signed).\(Base64URL.text(try key.signature(of: Array(signed.utf8))))"
    }

    /// The compact form with a signature that is none.
    static func unsigned(header: String = #"{"alg":"EdDSA","typ":"pod-ticket"}"#, payload: String) -> String {
        let signed = "\(Base64URL.text(Array(header.utf8))).\(Base64URL.text(Array(payload.utf8)))"
        return "\(signed).\(String(repeating: "A", count: 86))"
    }

    /// Whether a character may stand in a line of a log: ASCII, and the mark where a text was cut.
    static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && scalar.value < 0x7F || scalar == "…"
    }

    static func bytes(base64URL text: String) -> [UInt8]? {
        let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        let standard = padded.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        return Data(base64Encoded: standard).map { Array($0) }
    }

    static func bytes(hex: String) -> [UInt8] {
        stride(from: 0, to: hex.utf8.count, by: 2).map { offset in
            UInt8(hex.dropFirst(offset).prefix(2), radix: 16)!
        }
    }
}

extension String {
    func replacing(_ old: String, by new: String) -> String {
        self.replacingOccurrences(of: old, with: new)
    }
}

import PoDCore
@testable import PoDTickets

/// Keys that are known to everybody, and what they signed: so that an input reaches what is behind the signatures.
struct FuzzKeys: Sendable {
    static let now = NumericDate(secondsSince1970: 1_700_000_000)
    static let masterJobID = "1234567890"

    let trusted: SigningKey
    let user: SigningKey
    let session: SigningKey
    let userTicket: TicketChain
    let sessionTicket: TicketChain

    static let shared = try! FuzzKeys()

    private init() throws {
        self.trusted = try SigningKey(seed: [UInt8](repeating: 1, count: 32))
        self.user = try SigningKey(seed: [UInt8](repeating: 2, count: 32))
        self.session = try SigningKey(seed: [UInt8](repeating: 3, count: 32))
        let begin = NumericDate(secondsSince1970: 1_699_990_000)
        let end = NumericDate(secondsSince1970: 1_700_090_000)
        self.userTicket = try TicketChain(
            issuing: Ticket(
                issuer: "VO", subject: "alice", role: .user, notBefore: begin, expires: end, workers: 200,
                holder: self.user.publicKey),
            with: self.trusted)
        self.sessionTicket = try TicketChain(
            issuing: Ticket(
                subject: "session", role: .master, notBefore: begin, expires: end, workers: 100,
                holder: self.session.publicKey),
            with: self.user, signingTicket: self.userTicket)
    }

    var verifier: TicketVerifier {
        // One trusted key is never too many.
        TicketVerifier(trustedKeys: try! TrustedKeys([self.trusted.publicKey]))
    }

    /// The compact form of any header and payload.
    static func sign(header: [UInt8], payload: [UInt8], with key: SigningKey) throws -> String {
        let signed = "\(Base64.urlText(header)).\(Base64.urlText(payload))"
        return "\(signed).\(Base64.urlText(try key.signature(of: Array(signed.utf8))))"
    }
}

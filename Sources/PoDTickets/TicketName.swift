import PoDCore

/// The names in a ticket, `iss` and `sub`: a user, a CE, a session.
///
/// They end up in logs, job descriptions, daemon configurations and web pages, so nothing is let through that means
/// something in any of these: 1 to 128 letters, digits and `. - _ : @ / + = ,`, with blanks inside. That has room for
/// AliEn user names, for `ALICE::CERN::LCG` and for the subject of a certificate.
enum TicketName {
    static let longest = 128
    static let expectation = "1 to \(TicketName.longest) letters, digits and .-_:@/+=, with blanks only inside"

    static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8.span
        guard bytes.count > 0, bytes.count <= self.longest else { return false }
        for index in bytes.indices {
            switch bytes[index] {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: break
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "@"): break
            case UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: ","): break
            case UInt8(ascii: " "): guard index > 0, index &+ 1 < bytes.count else { return false }
            default: return false
            }
        }
        return true
    }
}

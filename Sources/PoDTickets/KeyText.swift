import PoDCore

/// 32 bytes as people hand them round: in base64 with its padding, or in base64url as a JWK has it.
enum KeyText {
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let text = String(text)
        let bytes = Base64.bytes(urlText: text) ?? Base64.bytes(text: text.utf8)
        return bytes?.count == 32 ? bytes : nil
    }

    static func error(_ name: String, _ text: some StringProtocol) -> TicketError {
        TicketError(.invalidValue, ValueError(name, found: text, expected: "32 bytes in base64").description)
    }
}

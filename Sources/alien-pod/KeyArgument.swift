import ArgumentParser
import Foundation
import PoDCore
import PoDTickets

/// A public key as a command takes it: in base64, or a file that holds it: a key file of ours, or one with the key in
/// base64 or as a JWK, as `keys show` prints it.
struct KeyArgument: ExpressibleByArgument {
    let text: String

    init(argument: String) {
        self.text = argument
    }

    func publicKey() throws(TicketError) -> PublicKey {
        if let key = try? PublicKey(parsing: self.text) {
            return key
        }
        guard let file = FileHandle(forReadingAtPath: self.text) else {
            throw TicketError(
                .keyFileNotReadable,
                ValueError(
                    "holder key", found: self.text, expected: "a public key in base64, or a file that can be read"
                )
                .description)
        }
        defer { try? file.close() }
        let bytes = Array((try? file.read(upToCount: 4096)) ?? Data())
        let content = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if let key = try? PublicKey(parsing: content) {
            return key
        }
        if content.hasPrefix("{"), let json = try? JSONValue(parsing: bytes) {
            return try PublicKey(jwk: json)
        }
        return try SigningKeyFile.read(self.text).publicKey
    }
}

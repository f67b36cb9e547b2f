package import NIOCore
package import PoDCore

/// Control messages as lines of bytes.
package enum ControlCodec {
    /// The longest line, in bytes.
    package static let longestLine = 64 << 10
    /// What `hello` names.
    package static let protocolName = SessionProtocol.alienPoD1.rawValue

    /// The line of a message, with its newline.
    package static func encode(_ message: ControlMessage) -> ByteBuffer {
        ByteBuffer(string: message.document.text + "\n")
    }

    /// Reads a line, which comes without its newline.
    package static func decode(_ line: ByteBuffer) throws(ValueError) -> ControlMessage {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: Array(line.readableBytesView))
        } catch {
            throw ValueError("line", error.description)
        }
        return try ControlMessage(document: document)
    }
}

import PoDSession

extension FuzzTarget {
    static let opening = FuzzTarget(
        name: "opening", about: "the first line of a connection to the control port"
    ) { bytes in
        let line = try OpeningLine(parsing: bytes)
        switch line {
        case .control, .request:
            Promise.holds(line.text == nil, "the line of a conversation is the conversation's")
        case .stream, .connect:
            guard let text = line.text, text.utf8.last == UInt8(ascii: "\n") else {
                return Promise.holds(false, "a line that opens a stream can be written")
            }
            Promise.isOneLine(String(text.dropLast()), "an opening line")
            Promise.areEqual(line, try? OpeningLine(parsing: Array(text.utf8.dropLast())), "an opening line")
        }
    }
}

/// An input that is text before some newline, and something else behind it.
struct InputText {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        self.rest = bytes[...]
    }

    /// The text up to the next newline, which goes too.
    mutating func line() -> String {
        let line = self.rest.prefix { $0 != UInt8(ascii: "\n") }
        self.rest = self.rest.dropFirst(line.count + 1)
        return String(decoding: line, as: UTF8.self)
    }

    var isEmpty: Bool { self.rest.isEmpty }

    var bytes: [UInt8] { Array(self.rest) }
}

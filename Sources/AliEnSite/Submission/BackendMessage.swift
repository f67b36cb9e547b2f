/// What a batch system or a service of the grid says, such as why it refuses: several lines with long paths.
enum BackendMessage {
    /// As one line for a terminal, of at most 400 characters.
    static func line(_ text: some StringProtocol) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let line = words.filter { $0.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } }
        return line.count > 400 ? "\(line.prefix(399))…" : line
    }
}

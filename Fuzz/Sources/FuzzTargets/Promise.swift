import Glibc

/// What readers promise.
enum Promise {
    /// Ends the process, which libFuzzer takes for a crash, unless it holds.
    static func holds(_ isKept: Bool, _ promise: @autoclosure () -> String) {
        guard !isKept else { return }
        let message = Array("broken promise: \(promise())\n".utf8)
        write(STDERR_FILENO, message, message.count)
        abort()
    }

    /// Equality of what was read and of what its text reads as.
    static func areEqual<Value: Equatable>(_ first: Value, _ second: Value?, _ what: String) {
        let became = second.map { "\($0)" } ?? "an error"
        self.holds(second == first, "\(what) reads back as itself: \(first) became \(became)")
    }

    /// No line break and no other control character.
    static func isOneLine(_ text: String, _ what: String) {
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029: false
            default: true
            }
        }
        self.holds(isPlain, "\(what) is one line without control characters: \(text.debugDescription)")
    }

    /// Printable ASCII alone.
    static func isPlain(_ text: String, _ what: String) {
        self.holds(
            text.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(what) is printable ASCII: \(text.debugDescription)")
    }
}

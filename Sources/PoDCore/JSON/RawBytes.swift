extension UnsafeRawBufferPointer {
    /// At most `count` bytes from `start` on. What is not there is left out, so that no number traps.
    package func part(from start: Int, count: Int) -> UnsafeRawBufferPointer {
        let start = Swift.max(0, Swift.min(start, self.count))
        let count = Swift.max(0, Swift.min(count, self.count &- start))
        return UnsafeRawBufferPointer(start: self.baseAddress.map { $0 + start }, count: count)
    }

    /// Whether the bytes are those of `text`.
    package func isEqual(to text: StaticString) -> Bool {
        self.count == text.utf8CodeUnitCount && self.hasPrefix(text)
    }

    /// Whether the bytes begin with those of `text`.
    package func hasPrefix(_ text: StaticString) -> Bool {
        guard text.hasPointerRepresentation, self.count >= text.utf8CodeUnitCount else { return false }
        let wanted = text.utf8Start
        var index = 0
        while index < text.utf8CodeUnitCount {
            guard self[index] == wanted[index] else { return false }
            index &+= 1
        }
        return true
    }
}

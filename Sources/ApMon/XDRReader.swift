/// Reads XDR items (RFC 4506) one after the other; the bytes are passed to each call, so that it can be kept anywhere.
/// The name of a field is made only for an error.
struct XDRReader {
    private(set) var offset = 0

    mutating func int32(_ field: @autoclosure () -> String, in bytes: Span<UInt8>) throws(DatagramError) -> Int32 {
        try self.need(4, field(), in: bytes)
        var word: UInt32 = 0
        let item = bytes.extracting(droppingFirst: self.offset).extracting(first: 4)
        for index in item.indices {
            word = word << 8 | UInt32(item[index])
        }
        self.offset &+= 4
        return Int32(bitPattern: word)
    }

    mutating func word64(_ field: @autoclosure () -> String, in bytes: Span<UInt8>) throws(DatagramError) -> UInt64 {
        try self.need(8, field(), in: bytes)
        let high = UInt32(bitPattern: try self.int32(field(), in: bytes))
        let low = UInt32(bitPattern: try self.int32(field(), in: bytes))
        return UInt64(high) << 32 | UInt64(low)
    }

    /// A length, as many bytes, and padding to a multiple of four, which is not looked at: no receiver does.
    mutating func string(
        _ field: @autoclosure () -> String, in bytes: Span<UInt8>
    ) throws(DatagramError) -> DatagramText {
        let length = Int(try self.int32("\(field()) length", in: bytes))
        guard length >= 0 else {
            throw DatagramError(field: field(), offset: self.offset &- 4, problem: "negative length \(length)")
        }
        let padded = (length &+ 3) & ~3
        try self.need(padded, field(), in: bytes)
        let item = bytes.extracting(droppingFirst: self.offset).extracting(first: length)
        self.offset &+= padded
        return DatagramText(copying: item)
    }

    /// All that is left.
    mutating func rest(of bytes: Span<UInt8>) -> [UInt8] {
        let rest = bytes.extracting(droppingFirst: self.offset)
        self.offset &+= rest.count
        return rest.withUnsafeBufferPointer { Array($0) }
    }

    private func need(_ count: Int, _ field: @autoclosure () -> String, in bytes: Span<UInt8>) throws(DatagramError) {
        let left = bytes.count &- self.offset
        guard count <= left else {
            throw DatagramError(
                field: field(), offset: self.offset,
                problem: "\(count) bytes wanted at offset \(self.offset), \(left) left")
        }
    }
}

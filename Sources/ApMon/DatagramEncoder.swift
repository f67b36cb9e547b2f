extension Datagram {
    /// The bytes on the wire. Decoding them gives this datagram again, if it has the members that the version in its
    /// header asks for: instance id and sequence number from 2.2 on, and a time before trailing bytes that could be one.
    public func encoded() -> [UInt8] {
        var writer = XDRWriter()
        writer.append(self.header.text)
        if let instanceID {
            writer.append(instanceID)
        }
        if let sequenceNumber {
            writer.append(sequenceNumber)
        }
        if !self.header.isCluster {
            writer.append(self.cluster)
        }
        writer.append(self.node)
        writer.append(Int32(clamping: self.parameters.count))
        for parameter in self.parameters {
            writer.append(parameter)
        }
        if let time {
            writer.append(time)
        }
        writer.bytes.append(contentsOf: self.trailing)
        return writer.bytes
    }
}

/// Writes XDR items (RFC 4506) one after the other.
struct XDRWriter {
    var bytes: [UInt8] = []

    mutating func append(_ number: Int32) {
        self.append(UInt32(bitPattern: number))
    }

    mutating func append(_ word: UInt32) {
        self.bytes.append(UInt8(truncatingIfNeeded: word >> 24))
        self.bytes.append(UInt8(truncatingIfNeeded: word >> 16))
        self.bytes.append(UInt8(truncatingIfNeeded: word >> 8))
        self.bytes.append(UInt8(truncatingIfNeeded: word))
    }

    mutating func append(_ word: UInt64) {
        self.append(UInt32(truncatingIfNeeded: word >> 32))
        self.append(UInt32(truncatingIfNeeded: word))
    }

    mutating func append(_ text: DatagramText) {
        self.append(Int32(clamping: text.bytes.count))
        self.bytes.append(contentsOf: text.bytes)
        while self.bytes.count & 3 != 0 {
            self.bytes.append(0)
        }
    }

    mutating func append(_ parameter: DatagramParameter) {
        self.append(parameter.name)
        self.append(parameter.value.typeCode)
        switch parameter.value {
        case .string(let text): self.append(text)
        case .int32(let number): self.append(number)
        case .int64(let number): self.append(UInt64(bitPattern: number))
        case .real32(let bits): self.append(bits)
        case .real64(let bits): self.append(bits)
        }
    }
}

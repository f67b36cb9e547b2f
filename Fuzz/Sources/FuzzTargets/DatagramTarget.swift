import ApMon

extension FuzzTarget {
    static let datagram = FuzzTarget(name: "datagram", about: "ApMon datagrams") { bytes in
        let partial = PartialDatagram(decoding: bytes)
        let datagram: Datagram
        do throws(DatagramError) {
            datagram = try Datagram(decoding: bytes)
        } catch {
            Promise.areEqual(error, partial.error, "the error of a malformed datagram")
            throw error
        }
        let encoded = datagram.encoded()
        Promise.areEqual(datagram, try? Datagram(decoding: encoded), "a datagram")
        Promise.holds(
            encoded.count == bytes.count && zip(encoded, bytes).allSatisfy { $0 == $1 || $0 == 0 },
            "a datagram is written as it was, but for padding")
        if let report = ReceivedReport(datagram) {
            Promise.holds(report.values.count <= datagram.parameters.count, "no value comes from nowhere")
            Promise.holds(report.time.map { $0 > 0 } ?? true, "a time is positive")
        }
    }
}

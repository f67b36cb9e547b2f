/// Ports from a lowest to a highest one, written `LOW-HIGH`.
public struct PortSpan: Hashable, Sendable, CustomStringConvertible {
    /// 1 to 65535, and not above ``high``.
    public let low: UInt16
    public let high: UInt16

    /// - Returns: `nil` unless `1 ≤ low ≤ high`.
    public init?(low: UInt16, high: UInt16) {
        guard low > 0, low <= high else { return nil }
        self.low = low
        self.high = high
    }

    /// Reads `LOW-HIGH`.
    public init?(parsing text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let low = parts.first, let high = parts.last,
            let low = Self.port(low), let high = Self.port(high)
        else { return nil }
        self.init(low: low, high: high)
    }

    /// The longest run of ports in AliEn's `PROCESS_PORT_LIST`, the lowest of equals.
    ///
    /// The JobAgent itself listens on the first of them that it can have: a run of one leaves nothing to others, and
    /// counts as none.
    public init?(processPorts: [String]) {
        var best: PortSpan?
        var current: PortSpan?
        for port in processPorts.compactMap({ Self.port($0) }).sorted() {
            if let span = current, UInt32(port) <= UInt32(span.high) &+ 1 {
                current = PortSpan(low: span.low, high: port)
            } else {
                current = PortSpan(low: port, high: port)
            }
            if let span = current, best.map({ span.distance > $0.distance }) ?? (span.distance > 0) {
                best = span
            }
        }
        guard let best else { return nil }
        self = best
    }

    public var description: String { "\(self.low)-\(self.high)" }

    private var distance: UInt16 { self.high &- self.low }

    private static func port(_ text: some StringProtocol) -> UInt16? {
        guard !text.isEmpty, text.utf8.count <= 5, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return nil
        }
        return UInt16(text).flatMap { $0 > 0 ? $0 : nil }
    }
}

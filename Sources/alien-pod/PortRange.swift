import PoDCore
import PoDSession

/// Ports from low to high, as `LOW-HIGH`.
struct PortRange {
    /// Where none are given.
    static let standard = "\(MasterService.defaultPorts.lowerBound)-\(MasterService.defaultPorts.upperBound)"

    let ports: ClosedRange<UInt16>

    init(parsing text: String) throws(ValueError) {
        guard let span = PortSpan(parsing: text) else {
            throw ValueError("ports", found: text, expected: "LOW-HIGH, from 1 to 65535")
        }
        self.ports = span.low...span.high
    }
}

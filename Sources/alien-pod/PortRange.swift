import PoDCore
import PoDSession

/// Ports from low to high, as `LOW-HIGH`.
struct PortRange {
    /// Where none are given.
    static let standard = "\(MasterService.defaultPorts.lowerBound)-\(MasterService.defaultPorts.upperBound)"

    let ports: ClosedRange<UInt16>

    init(parsing text: String) throws(ValueError) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard parts.count == 2, let low = parts[0], let high = parts[1], low > 0, low <= high else {
            throw ValueError("ports", found: text, expected: "LOW-HIGH, from 1 to 65535")
        }
        self.ports = low...high
    }
}

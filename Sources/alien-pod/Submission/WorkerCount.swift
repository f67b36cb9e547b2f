import AliEnSite
import PoDCore

/// How many workers a user may ask for at once.
enum WorkerCount {
    /// - Parameter option: What says it.
    /// - Throws: ``ValueError`` unless it is from `least` to 1000 on this machine, to 10,000 elsewhere.
    static func check(_ count: Int, _ option: String, from least: Int, on backend: any Backend) throws(ValueError) {
        let most = backend.isThisMachine ? 1000 : 10_000
        guard (least...most).contains(count) else {
            throw ValueError(option, found: String(count), expected: "\(least) to \(most)")
        }
    }
}

/// Why the monitor could not start or go on, in one line.
public struct MonitorError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// Text that is no `HOST:PORT`.
        case badAddress
        /// A farm without a name, or with one that no request could give.
        case badFarm
        /// The address is taken, is not this machine's, or needs rights.
        case cannotListen
        /// The UDP socket failed while it was open.
        case receiverFailed
    }

    public let code: Code
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

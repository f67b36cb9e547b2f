import CCurl
import Glibc
import PoDCore

/// Gets documents over HTTP, one after the other over connections that are kept, without ever blocking.
///
/// libcurl does the work. After a fork the child leaves the parent's connections alone and makes its own: closing them
/// would end the parent's TLS session.
public final class HTTPFetch {
    public struct Limits: Hashable, Sendable {
        public var connectTimeout: Duration = .seconds(5)
        public var totalTimeout: Duration = .seconds(20)
        /// Of the body, in bytes, after decompression.
        public var largestBody = 32 << 20

        public init() {}
    }

    public enum Step: Sendable {
        case wait(Wait)
        case finished(Result<HTTPAnswer, RepositoryError>)
    }

    /// What to wait for: one of the sockets to be ready, or the time to be over.
    public struct Wait: Sendable {
        public let milliseconds: Int32
        public let sockets: [(descriptor: Int32, events: Int16)]
    }

    public static let userAgent = "alien-pod/\(Version.current)"

    public var limits = Limits()
    private var transfer: OpaquePointer?
    private var pid = getpid()
    private var url = ""

    public init() {}

    deinit {
        if let transfer, self.pid == getpid() {
            ccurl_free(transfer)
        }
    }

    /// Begins a fetch; one that is under way is dropped.
    ///
    /// - Parameter accept: The value of the `Accept` header.
    /// - Throws: ``RepositoryError`` when libcurl can't be loaded or refuses the URL.
    public func start(_ url: String, accept: String) throws(RepositoryError) {
        self.abandonAfterFork()
        self.url = url
        let transfer = try self.ready()
        let status = url.withCString { url in
            Self.userAgent.withCString { userAgent in
                "Accept: \(accept)".withCString { accept in
                    var request = ccurl_request(
                        url: url, user_agent: userAgent, accept_header: accept,
                        connect_milliseconds: Self.milliseconds(self.limits.connectTimeout),
                        total_milliseconds: Self.milliseconds(self.limits.totalTimeout),
                        largest_body: max(0, self.limits.largestBody))
                    return ccurl_start(transfer, &request)
                }
            }
        }
        guard status == 0 else {
            throw RepositoryError(.usage, "\(url): libcurl refuses this URL")
        }
    }

    /// Goes on as far as it can without waiting.
    public func step() -> Step {
        guard let transfer, self.pid == getpid() else {
            // A fetch that was under way at a fork is the parent's.
            return .finished(.failure(RepositoryError(.temporary, "\(self.url): dropped by a fork")))
        }
        var wait = ccurl_wait()
        if ccurl_step(transfer, &wait) != 0 {
            return .finished(self.result(of: transfer))
        }
        let sockets = withUnsafeBytes(of: wait.sockets) { Array($0.bindMemory(to: Int32.self)) }
        let events = withUnsafeBytes(of: wait.events) { Array($0.bindMemory(to: Int16.self)) }
        let pairs = zip(sockets, events).prefix(max(0, Int(wait.count))).map { (descriptor: $0, events: $1) }
        // libcurl says -1 for no time-out, but may resolve names in a thread that wakes nobody.
        let milliseconds = wait.milliseconds < 0 ? 200 : min(wait.milliseconds, 200)
        return .wait(Wait(milliseconds: Int32(truncatingIfNeeded: milliseconds), sockets: pairs))
    }

    /// Fetches and waits for the end; for programs of our own.
    public func get(_ url: String, accept: String) throws(RepositoryError) -> HTTPAnswer {
        try self.start(url, accept: accept)
        while true {
            switch self.step() {
            case .finished(let result):
                return try result.get()
            case .wait(let wait):
                var polls = wait.sockets.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
                poll(&polls, nfds_t(polls.count), wait.milliseconds)
            }
        }
    }

    private func abandonAfterFork() {
        let current = getpid()
        guard current != self.pid else { return }
        self.pid = current
        self.transfer = nil
    }

    private func ready() throws(RepositoryError) -> OpaquePointer {
        if let transfer {
            return transfer
        }
        var problem = [CChar](repeating: 0, count: 512)
        guard let transfer = ccurl_create(&problem, problem.count) else {
            let text = problem.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
            throw RepositoryError(.unavailable, text)
        }
        self.transfer = transfer
        return transfer
    }

    private func result(of transfer: OpaquePointer) -> Result<HTTPAnswer, RepositoryError> {
        defer { ccurl_drop_body(transfer) }
        if let problem = self.problem(of: transfer) {
            return .failure(RepositoryError(.unavailable, "\(self.url): \(problem)"))
        }
        let status = Int(ccurl_status(transfer))
        guard status >= 200, status < 300 else {
            return .failure(RepositoryError(.unavailable, "\(self.url): the server answered with status \(status)"))
        }
        let body = UnsafeBufferPointer(start: ccurl_body(transfer), count: ccurl_body_size(transfer))
        let date = ccurl_date(transfer)
        return .success(
            HTTPAnswer(
                url: self.url, status: status, contentType: String(cString: ccurl_content_type(transfer)),
                body: Array(body), date: date < 0 ? nil : date))
    }

    private func problem(of transfer: OpaquePointer) -> String? {
        // It may quote what a server wrote; the message is one line of a log.
        let detail = String(cString: ccurl_problem(transfer)).filter { !$0.isASCII || $0 >= " " && $0 != "\u{7F}" }
        switch ccurl_result(transfer) {
        case CCURL_DONE: return nil
        case CCURL_UNRESOLVED: return "the host has no address (\(detail))"
        case CCURL_UNCONNECTED: return "can't connect (\(detail))"
        case CCURL_TIMED_OUT: return "no answer in time (\(detail))"
        case CCURL_INSECURE: return "no secure connection (\(detail))"
        case CCURL_TOO_LARGE: return "the answer is larger than \(self.limits.largestBody) bytes"
        case CCURL_TOO_MANY_REDIRECTS: return "too many redirects"
        case CCURL_NO_HTTP: return "not HTTP (\(detail))"
        case CCURL_CUT_OFF: return "the answer was cut off (\(detail))"
        default: return detail
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        Int(clamping: duration.wholeMillisecondsRoundedUp)
    }
}

import PoDCore

/// The text of a `proof.conf` (PROOFCFGFILE), in the lines that PROOF on Demand 3.16 writes.
enum ProofConfiguration {
    static let fileName = "proof.conf"

    /// The head's: the master, then forwarded workers, then those reached directly, with a comment and a line for each
    /// process. `pod-info` counts the comments.
    static func head(host: String, workers: [RegisteredWorker]) -> String {
        var lines = ["#master \(host)", "master \(host)"]
        for worker in workers {
            guard case .forwarded(let port, let peer) = worker.route else { continue }
            lines += self.lines(
                of: worker, at: peer.description, by: "packet forwarder: localhost:\(port)", "localhost", port)
        }
        for worker in workers {
            guard case .direct(let address) = worker.route else { continue }
            lines += self.lines(
                of: worker, at: address.description, by: "direct connection", address.host, address.port)
        }
        return self.text(lines)
    }

    /// A worker's own. The spelling `perf` is PoD's.
    static func worker(host: String) -> String {
        self.text(["worker \(host) perf=100"])
    }

    private static func lines(
        of worker: RegisteredWorker, at place: String, by connection: String, _ host: String, _ port: UInt16
    ) -> [String] {
        let pair = [
            "#worker \(worker.user)@\(place) (\(connection)) startup: \(self.startup(worker.startup))",
            "worker \(worker.user)@\(host) port=\(port) pref=100",
        ]
        return Array(repeating: pair, count: worker.processes).flatMap(\.self)
    }

    /// Seconds, and beyond 60 also the parts that are not zero: `90s ( 1 minutes 30 seconds )`.
    static func startup(_ seconds: Int) -> String {
        guard seconds > 60 else { return "\(seconds)s" }
        let parts = [
            (seconds / 86400, "days"), (seconds / 3600 % 24, "hours"), (seconds / 60 % 60, "minutes"),
            (seconds % 60, "seconds"),
        ]
        let words = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
        return "\(seconds)s ( \(words) )"
    }

    private static func text(_ lines: [String]) -> String {
        lines.map { $0 + "\n" }.joined()
    }
}

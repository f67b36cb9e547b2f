import ApMon
import MonALISARepository
import PoDCore
import PoDRendezvous

/// Whether what is sent here is seen at the repository: a datagram with a name and a value of its own, and the hop that
/// lost it.
struct CanaryCheck: Check {
    let name = "canary"
    /// With the destinations, of which one at least is named.
    let publisher: Publisher
    let repository: RepositoryURL
    /// How long the repository may take to show it.
    let patience: Duration
    private let node: String
    private let value: String

    private static let cluster = "PoD_Test"
    private static let parameter = "Canary"
    /// Datagrams get lost, as those of masters do.
    private static let sendPeriod: Duration = .seconds(5)
    private static let lookPeriod: Duration = .milliseconds(500)

    /// - Parameter host: This machine's name, by which people find the canary.
    init(publisher: Publisher, repository: RepositoryURL, patience: Duration, host: String) {
        var generator = SystemRandomNumberGenerator()
        self.publisher = publisher
        self.repository = repository
        self.patience = patience
        self.node = "\(host)-\(String(generator.next(), radix: 36))"
        self.value = String(generator.next(), radix: 36)
    }

    func run() async -> Finding {
        let sender: ApMonSender
        do throws(RendezvousError) {
            sender = ApMonSender(destinations: try self.destinations())
        } catch {
            return .failed(error.status, "can't be sent: \(error)", advice: Self.sendingAdvice)
        }
        do {
            return try await self.follow(sender)
        } catch let error as RepositoryError {
            return .failed(error.status, "sent, but the repository does not answer: \(error)")
        } catch let error as ApMonError {
            return .failed(.software, error.description)
        } catch {
            return .failed(.temporary, "interrupted")
        }
    }

    private static let sendingAdvice = [
        "a destination is HOST[:PORT] of a MonALISA service, or an ApMon configuration file or URL (APMON_CONFIG)"
    ]

    /// Reads and fetches configurations, resolves names.
    private func destinations() throws(RendezvousError) -> [ApMonDestination] {
        while case .wait(let wait) = try self.publisher.prepare() {
            Poll.wait(wait)
        }
        return self.publisher.destinations
    }

    private func follow(_ sender: ApMonSender) async throws -> Finding {
        let message = try ApMonMessage(
            cluster: Self.cluster, node: self.node,
            parameters: [
                DatagramParameter(name: DatagramText(Self.parameter), value: .string(DatagramText(self.value)))
            ])
        let places = sender.destinations.map(\.description).joined(separator: ", ")
        let start = MonotonicClock.now
        var nextSending = start
        var sent = 0
        while true {
            let now = MonotonicClock.now
            if now >= nextSending {
                nextSending = now.advanced(by: Self.sendPeriod)
                let outcome = sender.send(message, at: now.duration(since: start))
                guard outcome.datagrams > 0 else {
                    let failures = outcome.failures.joined(separator: "; ")
                    return .failed(.unavailable, "can't be sent: \(failures)", advice: Self.sendingAdvice)
                }
                guard outcome.refused.count < sender.destinations.count else {
                    return .failed(
                        .unavailable, "sent, but nobody takes datagrams at \(places): its host refuses them",
                        advice: ["is the service running, with ApMon on this port (monXDRUDP in its .conf)?"])
                }
                sent += 1
            }
            if let seen = try self.look(.advertisements) {
                return self.finding(of: seen, after: MonotonicClock.now.duration(since: start), sent)
            }
            guard MonotonicClock.now.duration(since: start) < self.patience else { break }
            try await Task.sleep(for: Self.lookPeriod)
        }
        let trace = "cluster \(Self.cluster), node \(self.node)"
        guard let stale = try self.look(nil) else {
            return .failed(
                .unavailable,
                "sent \(sent == 1 ? "once" : "\(sent) times") to \(places); after \(self.patience.components.seconds) s \(self.repository) answers, but "
                    + "without it (\(trace))",
                advice: [
                    "is UDP open all the way to the service? does it take ApMon there (monXDRUDP)?",
                    "does the repository ask for \(Self.cluster)? share/alien-pod/monalisa has what it takes",
                ])
        }
        return .failed(
            .unavailable,
            "\(self.repository) shows it, but not within the last minute: stamped \(stale.lead) by the repository's clock",
            advice: ["lia.Monitor.JStore.storeLocalTime=true at the repository, or set the clocks right"])
    }

    private func finding(of seen: Sighting, after delay: Duration, _ sent: Int) -> Finding {
        guard seen.value == self.value else {
            return .failed(
                .data, "\(self.repository) shows \(ValueError.quoted(seen.value)) instead of \(self.value)",
                advice: ["something between changes it, or answers for the repository"])
        }
        let milliseconds = delay.wholeMillisecondsRoundedUp
        return .ok(
            "seen at the repository, farm \(ValueError.quoted(seen.farm)), after \(milliseconds / 1000).\(milliseconds % 1000 / 100) s",
            values: [
                JSONValue.Member(name: "delayMilliseconds", value: .integer(milliseconds)),
                JSONValue.Member(name: "farm", value: .string(seen.farm)),
                JSONValue.Member(name: "datagrams", value: .integer(Int64(sent))),
            ])
    }

    private struct Sighting {
        let farm: String
        let value: String
        /// How far its time is from the repository's.
        let lead: String
    }

    private func look(_ window: RepositoryQuery.Window?) throws -> Sighting? {
        let query = try RepositoryQuery(
            cluster: Self.cluster, node: self.node, window: window, parameters: [Self.parameter])
        let answer = try RepositoryAnswer(HTTPFetch().get(query.url(at: self.repository), accept: "application/json"))
        guard let row = answer.rows.first else { return nil }
        let clock = answer.serverTime ?? MonotonicClock.millisecondsSince1970
        let seconds = (row.timestamp - clock) / 1000
        return Sighting(
            farm: answer.farm(of: row), value: answer.value(of: row),
            lead: seconds > 0 ? "\(seconds) s ahead" : "\(-seconds) s ago")
    }
}

import ApMon
import MonALISARepository
import PoDCore

/// Finds the destinations behind locations: some are named at once, others listed in a file or at a URL.
final class DestinationReader {
    struct Found {
        var destinations: [ApMonDestination] = []
        var maximumRate: Int?
        var warnings: [String] = []
    }

    enum Step {
        case wait(StepWait)
        case finished(Found)
    }

    private var left: [ApMonLocation]
    private var found = Found()
    private var failures: [RendezvousError] = []
    private var fetch: HTTPFetch?

    init(_ locations: [ApMonLocation]) {
        self.left = locations
    }

    /// - Throws: ``RendezvousError`` at the end, when every location failed; one that works is enough.
    func step() throws(RendezvousError) -> Step {
        while let location = self.left.first {
            if let wait = self.read(location) {
                return .wait(wait)
            }
            self.left.removeFirst()
        }
        if self.found.destinations.isEmpty, let failure = self.failures.first {
            throw failure
        }
        guard !self.found.destinations.isEmpty else {
            throw RendezvousError(.configuration, "the ApMon configuration names no destination")
        }
        self.found.warnings += self.failures.map(\.description)
        return .finished(self.found)
    }

    /// - Returns: What to wait for; `nil` when this location is done with.
    private func read(_ location: ApMonLocation) -> StepWait? {
        switch location {
        case .destination(let destination):
            self.found.destinations.append(destination)
        case .file(let path):
            do throws(RendezvousError) {
                self.take(String(decoding: try SmallFile.read(path), as: UTF8.self), from: path)
            } catch {
                self.failures.append(error)
            }
        case .url(let url):
            return self.read(url)
        }
        return nil
    }

    private func read(_ url: String) -> StepWait? {
        do throws(RepositoryError) {
            let fetch = try self.started(url)
            switch fetch.step() {
            case .wait(let wait): return StepWait(wait)
            case .finished(let result):
                self.fetch = nil
                self.take(String(decoding: try result.get().body, as: UTF8.self), from: url)
            }
        } catch {
            self.fetch = nil
            self.failures.append(RendezvousError(error.status, error.description))
        }
        return nil
    }

    private func started(_ url: String) throws(RepositoryError) -> HTTPFetch {
        if let fetch {
            return fetch
        }
        let fetch = HTTPFetch()
        fetch.limits.largestBody = ApMonConfiguration.largestSize
        try fetch.start(url, accept: "text/plain")
        self.fetch = fetch
        return fetch
    }

    private func take(_ text: String, from source: String) {
        do throws(ApMonError) {
            let configuration = try ApMonConfiguration(parsing: text, source: source)
            self.found.destinations += configuration.destinations
            self.found.maximumRate = configuration.maximumRate ?? self.found.maximumRate
            self.found.warnings += configuration.warnings
        } catch {
            self.failures.append(RendezvousError(.configuration, error.description))
        }
    }
}

import MonALISARepository
import PoDCore

/// Whether the repository answers as watchers ask it.
struct RepositoryCheck: Check {
    let name = "repository"
    let repository: RepositoryURL

    func run() async -> Finding {
        do throws(RepositoryError) {
            let url = RepositoryQuery.masterAddresses.url(at: self.repository)
            let answer = try RepositoryAnswer(HTTPFetch().get(url, accept: "application/json"))
            let masters = answer.rows.count
            return .ok("\(self.repository) answers; \(masters) master\(masters == 1 ? "" : "s") advertised")
        } catch {
            return .failed(
                error.status, "the repository does not answer: \(error)",
                advice: ["is this the base URL, such as http://alimonitor.cern.ch? is a proxy in the way?"])
        }
    }
}

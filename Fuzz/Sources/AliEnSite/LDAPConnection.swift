/// Instead of libldap's answers, one after the other those that are given: a server may answer anything.
final class LDAPConnection {
    struct Options {
        var startsTLS: Bool
        var certificateAuthorities: String?
        var timeLimit: Int
    }

    /// What the next connection gets; targets run one at a time.
    nonisolated(unsafe) static var answers: [[LDAPEntry]] = []

    private var rest: ArraySlice<[LDAPEntry]>

    init(to server: LDAPServer, _ options: Options) throws(SiteError) {
        self.rest = Self.answers[...]
    }

    func entry(_ dn: String) throws(SiteError) -> LDAPEntry? {
        self.rest.popFirst()?.first
    }

    func entries(below base: String, filter: String) throws(SiteError) -> [LDAPEntry] {
        self.rest.popFirst() ?? []
    }
}

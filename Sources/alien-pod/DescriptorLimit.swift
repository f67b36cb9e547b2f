import Glibc

/// How many files and sockets this process, and what it starts, may have open.
enum DescriptorLimit {
    /// Enough for 10,000 workers with their forwarded streams. Not more: some programs close all that they might have
    /// open, one by one, whenever they start another.
    private static let highest: rlim_t = 65_536

    /// Raises it as far as the system allows without being asked: a master has a connection for each worker, and the
    /// usual 1024 are soon used up.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let wanted = min(limit.rlim_max, self.highest)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// What a daemon gets of our environment: enough to find its programs, and no proxy, token or secret.
public enum DaemonEnvironment {
    private static let allowed: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "XDG_CACHE_HOME",
        "ROOTSYS", "http_proxy", "https_proxy", "no_proxy",
    ]

    /// The allowed part of an environment.
    public static func allowed(of environment: [String: String]) -> [String: String] {
        environment.filter { self.allowed.contains($0.key) || $0.key.hasPrefix("LC_") }
    }
}

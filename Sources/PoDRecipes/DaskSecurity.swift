import PoDCore

/// How Dask is told to speak TLS 1.3 and nothing else, with the session's certificates.
public enum DaskSecurity {
    /// Dask's settings as environment variables, for a scheduler, a worker, or any program with a `Client`.
    ///
    /// (Dask configuration, "Environment variables"; distributed, "TLS/SSL".) Variables and not flags, because tasks
    /// that open a `Client` of their own need them, too. The paths are no secret; what they lead to is readable by its
    /// owner alone.
    ///
    /// - Parameter directory: Where ``PeerCredentials/files`` lie; a ``DaemonSite``'s.
    public static func environment(in directory: String) -> [String: String] {
        let prefix = "DASK_DISTRIBUTED__COMM__"
        var variables = [
            "\(prefix)REQUIRE_ENCRYPTION": "True",
            "\(prefix)TLS__MIN_VERSION": "1.3",
            "\(prefix)TLS__CA_FILE": "\(directory)/\(PeerCredentials.authorityName)",
        ]
        for role in ["SCHEDULER", "WORKER", "CLIENT"] {
            variables.updateValue(
                "\(directory)/\(PeerCredentials.certificateName)", forKey: "\(prefix)TLS__\(role)__CERT")
            variables.updateValue("\(directory)/\(PeerCredentials.keyName)", forKey: "\(prefix)TLS__\(role)__KEY")
        }
        return variables
    }

    /// The Python that makes a client of the session. A JSON string is a Python string, too.
    static func clientLines(scheduler: String, directory: String) -> [String] {
        let literal = { (name: String) in JSONValue.string("\(directory)/\(name)").text }
        return [
            "from dask.distributed import Client, Security",
            "security = Security(",
            "    require_encryption=True, tls_ca_file=\(literal(PeerCredentials.authorityName)),",
            "    tls_client_cert=\(literal(PeerCredentials.certificateName)),",
            "    tls_client_key=\(literal(PeerCredentials.keyName)))",
            "client = Client(\(JSONValue.string(scheduler).text), security=security)",
        ]
    }
}

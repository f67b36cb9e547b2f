public import Foundation

/// A real slapd on a free loopback port with our schema and a small tree as AliEn has it, for the time of a test.
///
/// AliEn's own schema is not here: a few classes with its names stand in, enough for the tree.
public struct AliEnDirectory: Sendable {
    /// Attributes of the class `AliEnPoD` on an entry, in their order.
    public typealias Attributes = [(name: String, value: String)]

    /// The base of the VO in the tree.
    public static let base = "o=alice,dc=example,dc=org"
    public static let site = "TestSite"
    /// The CE that carries ``computingElement``'s attributes, on a host that names the MonaLisa entry `ML`.
    public static let computingElementName = "PODCE"

    public var organisation: Attributes = []
    public var siteEntry: Attributes = []
    public var host: Attributes = []
    public var computingElement: Attributes = []
    public var monaLisa: Attributes = []
    /// Further CEs at the site, without settings, `CE0` and on.
    public var furtherComputingElements = 0
    /// Entries that a search gives without pages.
    public var sizeLimit = 500
    /// Files of a certificate and its key, for TLS.
    public var certificate: (certificate: URL, key: URL)?
    /// A line for slapd's schema, after ours.
    public var furtherSchema = ""

    public init() {}

    /// Whether slapd is on this machine. Tests that need it are skipped without, unless `ALIEN_POD_TEST_STRICT` is 1.
    public static var canRun: Bool {
        FileManager.default.isExecutableFile(atPath: self.slapd)
            || ProcessInfo.processInfo.environment["ALIEN_POD_TEST_STRICT"] == "1"
    }

    /// Our schema, in the checkout.
    public static let schemaFile = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("alien/ldap/alien-pod.schema")

    private static let slapd = "/usr/sbin/slapd"

    /// Runs slapd for the time of `body`.
    ///
    /// - Parameter body: Is given the URL, `ldap://127.0.0.1:PORT` or, with a certificate, one for each way.
    public func run<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (Servers) async throws -> Result
    ) async throws -> Result {
        try await TemporaryDirectory.with { directory in
            let configuration = directory.appendingPathComponent("slapd.conf")
            let tree = directory.appendingPathComponent("tree.ldif")
            try FileManager.default.createDirectory(
                at: directory.appendingPathComponent("db"), withIntermediateDirectories: false)
            try Data(self.configuration(in: directory).utf8).write(to: configuration)
            try Data(self.tree.utf8).write(to: tree)
            try await ChildProcess.run(
                "/usr/sbin/slapadd", arguments: ["-q", "-f", configuration.path, "-l", tree.path]
            ) { child in
                guard try await child.ending() == .exited(code: 0) else {
                    throw TestKitError("slapadd failed: \(child.errorText)")
                }
            }
            let plain = try FreePort.find()
            let encrypted = try FreePort.find()
            let servers = Servers(plain: "ldap://127.0.0.1:\(plain)", encrypted: "ldaps://127.0.0.1:\(encrypted)")
            let urls = self.certificate == nil ? "\(servers.plain)/" : "\(servers.plain)/ \(servers.encrypted)/"
            return try await ChildProcess.run(
                Self.slapd, arguments: ["-d", "0", "-f", configuration.path, "-h", urls]
            ) { child in
                let deadline = ContinuousClock.now + .seconds(20)
                while !FreePort.isTaken(plain) {
                    guard ContinuousClock.now < deadline else {
                        throw TestKitError("slapd does not answer: \(child.errorText)")
                    }
                    try await Task.sleep(for: .milliseconds(10))
                }
                return try await body(servers)
            }
        }
    }

    public struct Servers: Sendable {
        /// `ldap://…`, with StartTLS where there is a certificate.
        public let plain: String
        /// `ldaps://…`; nobody is there without a certificate.
        public let encrypted: String
    }

    // MARK: - Configuration and tree

    private func configuration(in directory: URL) -> String {
        var text = """
            include /etc/ldap/schema/core.schema
            include /etc/ldap/schema/cosine.schema
            include \(Self.schemaFile.path)
            \(Self.standInSchema)
            \(self.furtherSchema)
            pidfile \(directory.path)/slapd.pid
            modulepath /usr/lib/ldap
            moduleload back_mdb

            """
        if let certificate {
            text +=
                "TLSCertificateFile \(certificate.certificate.path)\nTLSCertificateKeyFile \(certificate.key.path)\n"
        }
        return text + """
            database mdb
            maxsize 33554432
            suffix "dc=example,dc=org"
            directory \(directory.path)/db
            limits * size.soft=\(self.sizeLimit) size.hard=\(self.sizeLimit) size.prtotal=unlimited
            access to * by * read

            """
    }

    private static let standInSchema = """
        objectidentifier AliEnStandIn 2.25.205467131985021432896151735290138412705
        attributetype ( AliEnStandIn:1.1 NAME 'processPort' SUP name )
        attributetype ( AliEnStandIn:1.2 NAME 'monalisa' SUP name )
        objectclass ( AliEnStandIn:2.1 NAME 'AliEnVOConfig' SUP organizationalUnit STRUCTURAL MAY processPort )
        objectclass ( AliEnStandIn:2.2 NAME 'AliEnSite' SUP organizationalUnit STRUCTURAL )
        objectclass ( AliEnStandIn:2.3 NAME 'AliEnHostConfig' SUP top STRUCTURAL MUST host MAY monalisa )
        objectclass ( AliEnStandIn:2.4 NAME 'AliEnCE' SUP top STRUCTURAL MUST ( name $ host ) )
        objectclass ( AliEnStandIn:2.5 NAME 'AliEnMonaLisa' SUP organizationalUnit STRUCTURAL MUST name )
        """

    private var tree: String {
        let site = "ou=\(Self.site),ou=Sites,\(Self.base)"
        func folder(_ dn: String) -> String {
            Self.entry(dn, "organizationalUnit", [("ou", String(dn.dropFirst(3).prefix { $0 != "," }))])
        }
        var entries = [
            Self.entry(
                "dc=example,dc=org", "organization", [("objectClass", "dcObject"), ("dc", "example"), ("o", "x")]),
            Self.entry(Self.base, "organization", [("o", "alice")]),
            Self.entry("ou=Config,\(Self.base)", "AliEnVOConfig", [("ou", "Config")], self.organisation),
            folder("ou=Sites,\(Self.base)"),
            Self.entry(site, "AliEnSite", [("ou", Self.site)], self.siteEntry),
            folder("ou=Config,\(site)"),
            Self.entry(
                "host=vobox.example.org,ou=Config,\(site)", "AliEnHostConfig",
                [("host", "vobox.example.org"), ("monalisa", "ML")], self.host),
            folder("ou=Services,\(site)"), folder("ou=CE,ou=Services,\(site)"),
            folder("ou=MonaLisa,ou=Services,\(site)"),
            Self.entry(
                "name=OTHER,ou=MonaLisa,ou=Services,\(site)", "AliEnMonaLisa", [("name", "OTHER"), ("ou", "OTHER")],
                [("podPublishPeriod", "7")]),
            Self.entry(
                "name=ML,ou=MonaLisa,ou=Services,\(site)", "AliEnMonaLisa", [("name", "ML"), ("ou", "ML")],
                self.monaLisa),
        ]
        let names = [Self.computingElementName] + (0..<self.furtherComputingElements).map { "CE\($0)" }
        for (index, name) in names.enumerated() {
            entries.append(
                Self.entry(
                    "name=\(name),ou=CE,ou=Services,\(site)", "AliEnCE",
                    [("name", name), ("host", "vobox.example.org")],
                    index == 0 ? self.computingElement : []))
        }
        return entries.joined(separator: "\n")
    }

    private static func entry(
        _ dn: String, _ objectClass: String, _ attributes: Attributes, _ settings: Attributes = []
    ) -> String {
        var lines = ["dn: \(dn)", "objectClass: top", "objectClass: \(objectClass)"]
        let hasSettings = settings.contains { $0.name.lowercased().hasPrefix("pod") }
        lines += hasSettings ? ["objectClass: AliEnPoD"] : []
        // slapadd wants the values of an attribute side by side.
        let all = attributes + settings
        lines += (all.filter { $0.name == "objectClass" } + all.filter { $0.name != "objectClass" }).map { attribute in
            "\(attribute.name): \(attribute.value)"
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

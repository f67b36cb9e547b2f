import PoDCore
import PoDRecipes

extension ControlMessage {
    /// The JSON object.
    var document: JSONValue {
        switch self {
        case .hello(let name, let version):
            Self.object("hello", [("protocol", .string(name)), ("version", .string(version))])
        case .claim(let claim): Self.object("claim", claim.members)
        case .lease(let lease, let terms): Self.object("lease", [Self.member(lease)] + terms.members)
        case .refused(let refusal, let reason):
            Self.object("refused", [("code", .integer(Int64(refusal.workerExitCode))), ("reason", .string(reason))])
        case .register(let lease, let registration):
            Self.object("register", [Self.member(lease)] + registration.members)
        case .registered: Self.object("registered", [])
        case .heartbeat(let lease, let health): Self.object("heartbeat", [Self.member(lease)] + health.members)
        case .acknowledged: Self.object("acknowledged", [])
        case .leaseLost: Self.object("lease-lost", [])
        case .leave(let lease, let reason):
            Self.object("leave", [Self.member(lease), ("reason", .string(reason))])
        case .bye(let lease, let code, let reason, let log):
            Self.object(
                "bye",
                [
                    Self.member(lease), ("code", .integer(Int64(code))), ("reason", .string(reason)),
                    ("log", JSONValue(lines: log)),
                ])
        case .retire(let reason): Self.object("retire", [("reason", .string(reason))])
        case .stop(let reason): Self.object("stop", [("reason", .string(reason))])
        case .restart: Self.object("restart", [])
        case .logs(let request, let lines):
            Self.object("logs", [("request", .string(String(request))), ("lines", .integer(Int64(lines)))])
        case .log(let request, let lines):
            Self.object("log", [("request", .string(String(request))), ("lines", JSONValue(lines: lines))])
        case .dial(let secret): Self.object("dial", [("secret", .string(secret.description))])
        case .dialFailed(let secret): Self.object("dial-failed", [("secret", .string(secret.description))])
        case .error(let reason): Self.object("error", [("reason", .string(reason))])
        }
    }

    /// Reads a JSON object. Members that are not known are ignored.
    ///
    /// - Throws: ``ValueError`` that names the type or member that is wrong.
    init(document: JSONValue) throws(ValueError) {
        switch try document.text("type") {
        case "hello":
            self = .hello(protocolName: try document.text("protocol"), version: try document.text("version"))
        case "claim": self = .claim(try Claim(document: document))
        case "lease": self = .lease(try Self.lease(of: document), try LeaseTerms(document: document))
        case "refused":
            let code = document["code"]?.integer ?? 0
            guard let refusal = RefusalReason(workerExitCode: Int32(clamping: code)) else {
                throw ValueError("code", found: String(code), expected: "69, 75 or 77")
            }
            self = .refused(refusal, reason: try document.text("reason"))
        case "register": self = .register(try Self.lease(of: document), try Registration(document: document))
        case "registered": self = .registered
        case "heartbeat": self = .heartbeat(try Self.lease(of: document), try WorkerHealth(document: document))
        case "acknowledged": self = .acknowledged
        case "lease-lost": self = .leaseLost
        case "leave": self = .leave(try Self.lease(of: document), reason: try document.text("reason"))
        case "bye":
            guard let code = document["code"]?.integer else {
                throw ValueError("code", "expected the worker's exit code")
            }
            self = .bye(
                try Self.lease(of: document), code: Int32(clamping: code), reason: try document.text("reason"),
                log: try document.lines("log"))
        case "retire": self = .retire(reason: try document.text("reason"))
        case "stop": self = .stop(reason: try document.text("reason"))
        case "restart": self = .restart
        case "logs":
            let lines = document["lines"]?.integer ?? 0
            guard (1...Int64(AdminRequest.mostLogLines)).contains(lines) else {
                throw ValueError("lines", "expected a number from 1 to \(AdminRequest.mostLogLines)")
            }
            self = .logs(request: try Self.request(of: document), lines: Int(lines))
        case "log": self = .log(request: try Self.request(of: document), lines: try document.lines("lines"))
        case "dial": self = .dial(try StreamSecret(parsing: document.text("secret")))
        case "dial-failed": self = .dialFailed(try StreamSecret(parsing: document.text("secret")))
        case "error": self = .error(reason: try document.text("reason"))
        case let other: throw ValueError("type", found: other, expected: "a message of the control channel")
        }
    }

    private static func object(_ type: String, _ members: [(String, JSONValue)]) -> JSONValue {
        JSONValue(members: [("type", .string(type))] + members)
    }

    private static func member(_ lease: LeaseID) -> (String, JSONValue) { ("lease", .string(lease.description)) }

    private static func request(of document: JSONValue) throws(ValueError) -> UInt64 {
        let text = try document.text("request")
        guard let request = UInt64(text) else {
            throw ValueError("request", found: text, expected: "a number")
        }
        return request
    }

    private static func lease(of document: JSONValue) throws(ValueError) -> LeaseID {
        try LeaseID(parsing: document.text("lease"))
    }
}

extension Claim {
    fileprivate var members: [(String, JSONValue)] {
        let members: [(String, JSONValue?)] = [
            ("claim", .string(self.id.description)), ("masterJobId", .string(self.masterJobID.description)),
            ("sequence", self.sequence.map { .string($0.description) }), ("host", .string(self.host)),
            ("pid", .integer(Int64(self.pid))), ("request", self.certificateRequest.map { .string($0) }),
            ("reach", self.reach?.document), ("ticket", self.ticket.map { .string($0) }),
        ]
        return members.compactMap { name, value in value.map { (name, $0) } }
    }

    fileprivate init(document: JSONValue) throws(ValueError) {
        let host = try document.text("host")
        guard host.utf8.count <= Self.longestHost else {
            throw ValueError("host", found: host, expected: "at most \(Self.longestHost) bytes")
        }
        self.init(
            id: try ClaimID(parsing: document.text("claim")),
            masterJobID: try MasterJobID(parsing: document.text("masterJobId")),
            sequence: try document.textIfThere("sequence").map { (text) throws(ValueError) in
                try AdvertisementOrder(parsing: text.utf8.span)
            },
            host: host, pid: Int32(clamping: document["pid"]?.integer ?? 0),
            certificateRequest: try document.textIfThere("request"),
            reach: try document["reach"].map { (value) throws(ValueError) in try Reach(document: value) },
            ticket: try document.textIfThere("ticket"))
    }
}

extension Claim.Reach {
    fileprivate var document: JSONValue {
        JSONValue(members: [
            ("port", .integer(Int64(self.port))), ("nonce", .string(self.nonce.description)),
        ])
    }

    fileprivate init(document: JSONValue) throws(ValueError) {
        guard let port = document["port"]?.integer.flatMap({ UInt16(exactly: $0) }), port > 0 else {
            throw ValueError("reach", "expected a port from 1 to 65535")
        }
        self.init(port: port, nonce: try StreamSecret(parsing: document.text("nonce")))
    }
}

extension LeaseTerms {
    fileprivate var members: [(String, JSONValue)] {
        let certificate = self.certificate.map {
            [("certificate", JSONValue.string($0.certificate)), ("authority", .string($0.authority))]
        }
        return [("recipe", .string(self.recipe)), ("parameters", JSONValue(texts: self.parameters))]
            + (certificate ?? []) + (self.contact.map { [("contact", .string($0.description))] } ?? [])
    }

    fileprivate init(document: JSONValue) throws(ValueError) {
        let certificate = try document.textIfThere("certificate").map { (text) throws(ValueError) in
            IssuedCertificate(certificate: text, authority: try document.text("authority"))
        }
        self.init(
            recipe: try document.text("recipe"), parameters: try document.texts("parameters"),
            certificate: certificate,
            contact: try document.textIfThere("contact").map { (text) throws(ValueError) in
                try Address(parsing: text)
            })
    }
}

extension Registration {
    fileprivate var members: [(String, JSONValue)] {
        [
            ("contact", .string(self.contact.description)), ("account", .string(self.account)),
            ("versions", JSONValue(texts: self.versions.values)),
        ]
    }

    fileprivate init(document: JSONValue) throws(ValueError) {
        self.init(
            contact: try Address(parsing: document.text("contact")), account: try document.text("account"),
            versions: try Versions(checking: try document.texts("versions")))
    }
}

extension WorkerHealth {
    fileprivate var members: [(String, JSONValue)] {
        [("daemon", .string(self.daemon))]
            + (self.load.map { [("load", .number($0))] } ?? [])
            + (self.residentBytes.map { [("rss", .integer($0))] } ?? [])
            + [("restarts", .integer(Int64(self.restarts)))]
            + (self.reason.map { [("reason", .string($0))] } ?? [])
    }

    fileprivate init(document: JSONValue) throws(ValueError) {
        self.init(
            daemon: String(try document.text("daemon").prefix(Self.longestState)), load: document["load"]?.number,
            residentBytes: document["rss"]?.integer, restarts: Int(clamping: document["restarts"]?.integer ?? 0),
            reason: try document.textIfThere("reason").map { String($0.prefix(Self.longestReason)) })
    }

    /// What is kept of a worker's words, in characters.
    private static let (longestState, longestReason) = (32, 1000)
}

extension JSONValue {
    fileprivate init(lines: [String]) {
        self = .array(lines.map { .string($0) })
    }

    fileprivate func lines(_ name: String) throws(ValueError) -> [String] {
        var lines: [String] = []
        for element in self[name]?.array ?? [] {
            guard let line = element.string else {
                throw ValueError(name, "expected an array of strings")
            }
            lines.append(line)
        }
        return lines
    }

    fileprivate init(members: [(String, JSONValue)]) {
        self = .object(members.map { Member(name: $0.0, value: $0.1) })
    }

    /// An object of strings, by name.
    fileprivate init(texts: [String: String]) {
        self = .object(
            texts.sorted { $0.key < $1.key }.map { Member(name: $0.key, value: .string($0.value)) })
    }

    fileprivate func text(_ name: String) throws(ValueError) -> String {
        guard let text = self[name]?.string else {
            throw ValueError(name, "expected a string")
        }
        return text
    }

    fileprivate func textIfThere(_ name: String) throws(ValueError) -> String? {
        self[name] == nil ? nil : try self.text(name)
    }

    fileprivate func texts(_ name: String) throws(ValueError) -> [String: String] {
        var texts: [String: String] = [:]
        for member in self[name]?.members ?? [] {
            guard let text = member.value.string else {
                throw ValueError(member.name, "expected a string")
            }
            texts.updateValue(text, forKey: member.name)
        }
        return texts
    }
}

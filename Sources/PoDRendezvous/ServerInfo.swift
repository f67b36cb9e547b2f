import Glibc
import MonALISARepository
public import PoDCore

/// A master that a watcher found: what `alien-pod worker`, or PoD's own worker, needs to connect.
public struct ServerInfo: Hashable, Sendable {
    /// PoD's file, in PoD's format and nothing more: its reader refuses unknown keys.
    public static let configurationFileName = "server_info.cfg"
    /// The whole advertisement, for `alien-pod worker`.
    public static let documentFileName = "server_info.json"

    public let masterJobID: MasterJobID
    public let address: Address
    public let sessionProtocol: SessionProtocol
    /// Free slots as advertised.
    public let wanted: Int
    public let share: Double
    /// The advertisement's count, which the worker names in its claim; `nil` where it has none.
    public let order: AdvertisementOrder?
    /// The key by which the worker knows the master; `nil` where the advertisement has none.
    public let key: MasterKey?
    /// When a receiver took the advertisement, in milliseconds since 1970.
    public let reportedAt: Int64
    /// The farm that reports it.
    public let farm: String
    /// The user whose ticket the master has; `nil` where that was not verified.
    public internal(set) var owner: String?

    public init(
        masterJobID: MasterJobID, address: Address, sessionProtocol: SessionProtocol, wanted: Int, share: Double,
        order: AdvertisementOrder? = nil, key: MasterKey? = nil, reportedAt: Int64, farm: String
    ) {
        self.masterJobID = masterJobID
        self.address = address
        self.sessionProtocol = sessionProtocol
        self.wanted = wanted
        self.share = share
        self.order = order
        self.key = key
        self.reportedAt = reportedAt
        self.farm = farm
    }

    /// Writes both files, mode 0600, each whole or not at all.
    ///
    /// - Parameter user: The login name for PoD's file.
    public func write(to directory: PrivateDirectory, user: String) throws(RendezvousError) {
        try directory.replace([
            (Self.documentFileName, self.document.text + "\n"),
            (Self.configurationFileName, self.configuration(user: user)),
        ])
    }

    /// The text of PoD's file: an INI section of three keys and an empty line, as PoD 3.16 writes it.
    public func configuration(user: String) -> String {
        "[server]\nhost=\(self.address.host)\nuser=\(user)\nport=\(self.address.port)\n\n"
    }

    /// The document for `alien-pod worker`.
    public var document: JSONValue {
        let order = self.order.map { [JSONValue.Member(name: "sequence", value: .string($0.description))] } ?? []
        let key = self.key.map { [JSONValue.Member(name: "key", value: .string($0.description))] } ?? []
        let owner = self.owner.map { [JSONValue.Member(name: "owner", value: .string($0))] } ?? []
        return .object(
            [
                JSONValue.Member(name: "masterJobId", value: .string(self.masterJobID.description)),
                JSONValue.Member(name: "address", value: .string(self.address.description)),
                JSONValue.Member(name: "host", value: .string(self.address.host)),
                JSONValue.Member(name: "port", value: .integer(Int64(self.address.port))),
                JSONValue.Member(name: "protocol", value: .string(self.sessionProtocol.rawValue)),
                JSONValue.Member(name: "wanted", value: .integer(Int64(self.wanted))),
                JSONValue.Member(name: "share", value: .number(self.share)),
                JSONValue.Member(name: "farm", value: .string(self.farm)),
                JSONValue.Member(name: "reportedAt", value: .integer(self.reportedAt)),
            ] + order + key + owner)
    }

    /// Reads the document that a watcher wrote.
    public init(readingFile path: String) throws(RendezvousError) {
        let text = try SmallFile.read(path)
        do {
            try self.init(document: try JSONValue(parsing: text))
        } catch let error as RendezvousError {
            throw RendezvousError(error.status, "\(path): \(error.description)")
        } catch {
            throw RendezvousError(.data, "\(path): \(error)")
        }
    }

    private init(document: JSONValue) throws {
        guard let id = document["masterJobId"]?.string, let address = document["address"]?.string,
            let name = document["protocol"]?.string
        else {
            throw RendezvousError(.data, "expected masterJobId, address and protocol as strings")
        }
        self.init(
            masterJobID: try MasterJobID(parsing: id), address: try Address(parsing: address),
            sessionProtocol: try SessionProtocol(parsing: name.utf8.span),
            wanted: Int(clamping: document["wanted"]?.integer ?? 1), share: document["share"]?.number ?? 1,
            order: try document["sequence"]?.string.map { try AdvertisementOrder(parsing: $0.utf8.span) },
            key: try document["key"]?.string.map { try MasterKey(parsing: $0) },
            reportedAt: document["reportedAt"]?.integer ?? 0, farm: document["farm"]?.string ?? "")
        self.owner = document["owner"]?.string
    }
}

/// A login name fit for PoD's file and for nothing else.
public struct LoginName: Hashable, Sendable {
    public let text: String

    /// - Throws: ``ValueError`` unless it is made of letters, digits, `.`, `_` and `-`.
    public init(parsing text: String) throws(ValueError) {
        let isPlain = text.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isPlain, !text.isEmpty, text.utf8.count <= 64 else {
            throw ValueError("user", found: text, expected: "letters, digits, '.', '_' and '-'")
        }
        self.text = text
    }

    /// Of the account that this process runs under; `nobody` where it has no plain name.
    public static var current: LoginName {
        let name = getpwuid(geteuid()).flatMap { $0.pointee.pw_name }.map { String(cString: $0) }
        return (try? LoginName(parsing: name ?? "nobody")) ?? LoginName(plain: "nobody")
    }

    private init(plain text: String) {
        self.text = text
    }
}

public import PoDCore
public import PoDRendezvous
public import PoDTickets

/// What the owner of a session gives to workers of their own, so that these need no advertisement and no site's ticket:
/// where the master is, what its key is, and a key with a worker's ticket that the session's key has signed.
///
/// Whoever has it can work for the session: it is a secret, in a file that nobody else may read, or an owner-only input
/// file of a job. Described in `docs/tickets.md`.
public struct JoinFile: Sendable {
    /// Its name where nobody wants another.
    public static let name = "join.json"
    /// In bytes.
    static let largestSize = 8192

    public let masterJobID: MasterJobID
    public let address: Address
    public let sessionProtocol: SessionProtocol
    /// The session's key.
    public let master: KeyThumbprint
    /// In its compact form.
    public let ticket: String
    private let key: SigningKey

    /// Makes a new key, and signs a ticket for it.
    ///
    /// - Parameters:
    ///   - sessionKey: The owner's; see ``KeptSession``.
    ///   - address: Where the master takes workers.
    ///   - workers: How many may have a slot by this file at one time.
    ///   - lifetime: In seconds. Who has a slot by then keeps it.
    ///   - now: Begin of the ticket's time.
    public init(
        sessionKey: SigningKey, masterJobID: MasterJobID, address: Address, workers: Int, lifetime: Int64,
        now: NumericDate = NumericDate(secondsSince1970: MonotonicClock.millisecondsSince1970 / 1000)
    ) throws(SessionError) {
        do throws(TicketError) {
            let key = try SigningKey()
            let ticket = try Ticket(
                subject: "workers of master \(masterJobID)", role: .worker, notBefore: now,
                expires: now.advanced(bySeconds: lifetime), workers: workers, holder: key.publicKey)
            self.ticket = try TicketChain(issuing: ticket, with: sessionKey).description
            self.key = key
        } catch {
            throw SessionError(error.status, error.description)
        }
        self.masterJobID = masterJobID
        self.address = address
        self.sessionProtocol = .alienPoD1
        self.master = sessionKey.publicKey.thumbprint
    }

    /// Reads a file.
    ///
    /// - Throws: ``SessionError`` with ``ExitStatus/noPermission`` when it is not ours, or others may read it.
    public init(readingFile path: String) throws(SessionError) {
        do {
            let bytes = try PrivateFile.read(path, "join file", most: Self.largestSize + 1)
            guard bytes.count <= Self.largestSize else {
                throw ValueError("size", "larger than \(Self.largestSize) bytes")
            }
            try self.init(document: try JSONValue(parsing: bytes))
        } catch let error as TicketError {
            throw SessionError(error.status, error.description)
        } catch {
            throw SessionError(.data, "join file \(ValueError.quoted(path)): \(error)")
        }
    }

    private init(document: JSONValue) throws {
        func text(_ name: String) throws(ValueError) -> String {
            guard let text = document[name]?.string else {
                throw ValueError(name, "expected a string")
            }
            return text
        }
        self.masterJobID = try MasterJobID(parsing: text("masterJobId"))
        self.address = try Address(parsing: text("address"))
        self.sessionProtocol = try SessionProtocol(parsing: text("protocol").utf8.span)
        self.master = try KeyThumbprint(parsing: text("key"))
        self.ticket = try text("ticket")
        self.key = try SigningKey(pem: text("privateKey"))
    }

    /// The text of the file.
    public var text: String {
        let members: [(String, String)] = [
            ("masterJobId", self.masterJobID.description), ("address", self.address.description),
            ("protocol", self.sessionProtocol.rawValue), ("key", self.master.description), ("ticket", self.ticket),
            ("privateKey", self.key.pem),
        ]
        return JSONValue.object(members.map { .init(name: $0.0, value: .string($0.1)) }).text + "\n"
    }

    /// Writes it, mode 0600, whole or not at all.
    public func write(to directory: PrivateDirectory, named name: String = Self.name) throws(RendezvousError) {
        try directory.replace([(name, self.text)])
    }

    /// What a worker proves itself by.
    public var credentials: WorkerCredentials { WorkerCredentials(ticket: self.ticket, key: self.key) }

    /// What a worker connects to.
    ///
    /// - Throws: ``SessionError`` where that is not to be had.
    public func server() throws(SessionError) -> ServerInfo {
        do throws(ValueError) {
            return ServerInfo(
                masterJobID: self.masterJobID, address: self.address, sessionProtocol: self.sessionProtocol, wanted: 1,
                share: 1, key: try MasterKey(parsing: self.master.description),
                reportedAt: MonotonicClock.millisecondsSince1970, farm: "")
        } catch {
            throw SessionError(.data, error.description)
        }
    }
}

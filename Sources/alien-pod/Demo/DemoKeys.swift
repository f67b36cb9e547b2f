import Foundation
import PoDCore
import PoDTickets

/// Keys and tickets that are thrown away with the demo's directory: of a VO, which is the only site too, of a session, and
/// of the worker nodes.
struct DemoKeys: Sendable {
    /// What masters and JobAgents are told to trust.
    let trustedKey: String
    /// Of the master, with the session's key and ticket.
    let stateDirectory: String
    /// On the worker nodes.
    let workerTicketFile: String
    let workerKeyFile: String

    /// Longer than anybody looks at a demo, in seconds.
    private static let lifetime: Int64 = 2 * 86400

    init(in directory: String, workers: Int) throws {
        self.stateDirectory = "\(directory)/state"
        self.workerTicketFile = "\(directory)/worker.ticket"
        self.workerKeyFile = "\(directory)/worker-key.pem"
        try FileManager.default.createDirectory(
            atPath: self.stateDirectory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let authority = try SigningKey()
        self.trustedKey = authority.publicKey.description
        try Self.issue(
            .master, to: "session of the demo", workers: workers, by: authority,
            key: "\(self.stateDirectory)/session-key.pem", ticket: "\(self.stateDirectory)/ticket")
        try Self.issue(
            .worker, to: "worker nodes of the demo", workers: nil, by: authority, key: self.workerKeyFile,
            ticket: self.workerTicketFile)
    }

    /// Makes a key file, and a file with a ticket for it.
    private static func issue(
        _ role: Ticket.Role, to subject: String, workers: Int?, by authority: SigningKey, key keyFile: String,
        ticket ticketFile: String
    ) throws {
        let key = try SigningKey()
        try SigningKeyFile.create(keyFile, key)
        let now = NumericDate(secondsSince1970: Int64(Date().timeIntervalSince1970))
        let ticket = try Ticket(
            issuer: "alien-pod demo", subject: subject, role: role, notBefore: now,
            expires: now.advanced(bySeconds: self.lifetime), workers: workers, holder: key.publicKey)
        try "\(TicketChain(issuing: ticket, with: authority))\n".write(
            toFile: ticketFile, atomically: true, encoding: .utf8)
    }
}

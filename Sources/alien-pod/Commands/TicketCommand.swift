public import ArgumentParser
import Foundation
import PoDCore
public import PoDTickets

struct TicketCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ticket",
        abstract: "Issue tickets, or look inside them.",
        discussion:
            "Exit codes: 0 done, or valid; 64 a wrong value; 65 no ticket; 66 a file can't be read; 77 not valid, "
            + "or a key file that others may read.",
        subcommands: [Issue.self, Show.self])

    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Issue a ticket and print it.",
            discussion: """
                The VO's key signs the tickets of users, a site's those of its workers. With its ticket, a user's key \
                signs that of a session's master, which gives no more workers and no more time than the user's.
                """)

        @Option(help: "The key file that signs.")
        var signingKey: String

        @Option(help: "The user's ticket, or a file with it, where a user's key signs.")
        var signingTicket: String?

        @Option(help: "What the holder may be.")
        var role: Ticket.Role

        @Option(help: "The user, the CE, or a random id of the session.")
        var subject: String

        @Option(help: "The public key of the holder in base64, or a file with it.")
        var holderKey: KeyArgument

        @Option(help: "How long it is valid from now on, as 90s, 30m, 12h or 7d.")
        var lifetime: Lifetime

        @Option(help: "Who issues it, for people to read.")
        var issuer: String?

        @Option(help: "The most workers of one session; by default as many as the signing ticket allows.")
        var workers: Int?

        func run() throws {
            do throws(TicketError) {
                let key = try SigningKeyFile.read(self.signingKey)
                let signing = try self.signingTicket.map { (text) throws(TicketError) in
                    try TicketChain(parsing: TicketText.read(text))
                }
                let now = NumericDate(secondsSince1970: Int64(Date().timeIntervalSince1970))
                let ticket = try Ticket(
                    issuer: self.issuer, subject: self.subject, role: self.role,
                    // The clock of whoever signed the user's ticket may be ahead of ours.
                    notBefore: max(now, signing?.ticket.notBefore ?? now),
                    expires: now.advanced(bySeconds: self.lifetime.seconds),
                    workers: self.workers ?? signing?.ticket.workers, holder: try self.holderKey.publicKey())
                print(try TicketChain(issuing: ticket, with: key, signingTicket: signing))
            } catch {
                throw CommandError(error.status, error.description).reported()
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what a ticket says, as JSON, and whether it is valid.")

        @Argument(help: "The ticket, or a file with it; - for standard input.")
        var ticket: String

        @Option(help: "A public key in base64 whose signature counts; may be given several times.")
        var trustedKey: [String] = []

        func run() throws {
            let report: TicketReport
            do throws(TicketError) {
                report = TicketReport(
                    try TicketText.read(self.ticket), trustedKeys: try TrustedKeys(parsing: self.trustedKey),
                    at: NumericDate(secondsSince1970: Int64(Date().timeIntervalSince1970)))
            } catch {
                throw CommandError(error.status, error.description).reported()
            }
            print(report.document.text)
            if let problem = report.problem {
                throw CommandError(problem.status, problem.description).reported()
            }
        }
    }
}

extension Ticket.Role: ExpressibleByArgument {}

/// Where a command takes a ticket from.
enum TicketText {
    /// - Parameter argument: The ticket itself, a file with it, or `-` for standard input.
    static func read(_ argument: String) throws(TicketError) -> String {
        let file: FileHandle?
        if argument == "-" {
            file = .standardInput
        } else if argument.utf8.count <= 255 || argument.hasPrefix("/") {
            file = FileHandle(forReadingAtPath: argument)
        } else {
            file = nil
        }
        guard let file else { return argument }
        let data: Data?
        do {
            data = try file.read(upToCount: TicketChain.largestText + 2)
        } catch {
            throw TicketError(.keyFileNotReadable, "can't read the ticket from \(ValueError.quoted(argument))")
        }
        return String(decoding: data ?? Data(), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

import ArgumentParser
import Foundation
import PoDCore
import PoDRendezvous
import PoDSession

/// `alien-pod status`: how a session is.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how a session is.",
        discussion: """
            Asks the master; of one that is gone, or does not answer, it shows what its status file said last. Exit \
            codes: 0 the master answered; 64 no session named; 65 the status file can't be read; 69 the master is \
            gone; 75 it runs but does not answer; 77 its socket is another user's.
            """)

    @Argument(help: SessionArguments.sessionHelp)
    var name: String?

    @OptionGroup var arguments: SessionArguments

    @Flag(help: "Print one line of JSON.")
    var json = false

    private var session: Session { self.arguments.session(self.name) }

    func run() async throws {
        try await CommandError.reporting {
            let (report, status) = try await self.report()
            let now = Int64(Date().timeIntervalSince1970)
            for line in self.json ? [report.document.text] : report.lines(now: now) {
                CommandLog.printLine(line)
            }
            if let status {
                throw ExitCode(status.rawValue)
            }
        }
    }

    private func report() async throws -> (SessionReport, ExitStatus?) {
        guard self.session.master == nil else {
            return (SessionReport(try await self.session.ask(.status), isAlive: true, problem: nil), nil)
        }
        let path = try self.session.path
        guard case .masterGone(let reason) = try MasterStatusFile.read(path) else {
            do {
                return (SessionReport(try await self.session.ask(.status), isAlive: true, problem: nil), nil)
            } catch let error as CommandError {
                return (SessionReport(Self.last(path), isAlive: true, problem: error.description), .temporary)
            } catch let error as SessionError {
                let status = error.status == .noPermission ? error.status : .temporary
                return (SessionReport(Self.last(path), isAlive: true, problem: error.description), status)
            }
        }
        return (SessionReport(Self.last(path), isAlive: false, problem: reason), .unavailable)
    }

    /// What the status file says, whoever still writes it.
    private static func last(_ path: String) -> JSONValue? {
        guard let bytes = try? SmallFile.read(path) else { return nil }
        return try? JSONValue(parsing: bytes)
    }
}

import ArgumentParser
import Foundation
import PoDCore

/// `alien-pod down`: the end of a session.
struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "End a session that `alien-pod up` started.",
        discussion: """
            Asks the master to end the session, waits until master, workers and connection are gone, kills what does not \
            go, and removes the session's files, logs included. Exit codes: 0 no process of the session is left; 64 no \
            session named, and not just one there; 66 no such session; 71 a process can't be ended; 75 `alien-pod up` or \
            another `down` is at work on it.
            """)

    @Argument(help: SessionArguments.sessionHelp)
    var session: String?

    func run() async throws {
        try await CommandError.reporting {
            let place = try SessionPlace.meant(by: self.session)
            // One that is not there is not made.
            _ = try SessionJobs(of: place)
            let files = try SessionFiles(place)
            try await SessionEnd(files: files).run { CommandLog.tell($0) }
            files.removeAll()
            CommandLog.printLine("session \(place.name) is down")
        }
    }
}

import ArgumentParser
import Foundation
import PoDCore
import PoDSession

/// `alien-pod workers`: see and steer the workers of a session that runs.
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "List a session's workers, or tell them what to do.",
        discussion: """
            Exit codes: 0 done; 64 wrong usage; 65 the status file can't be read; 66 no such worker; 69 the master is \
            gone; 75 it did not answer in time; 77 its socket is another user's.
            """,
        subcommands: [
            List.self, Want.self, Drain.self, Stop.self, Restart.self, Logs.self,
        ],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the workers.")

        @OptionGroup var session: SessionOptions

        @Flag(help: "Print one line of JSON.")
        var json = false

        func run() async throws {
            try await CommandError.reporting {
                let result = try await self.session.ask(.list)
                if self.json {
                    return CommandLog.printLine(result.text)
                }
                let workers = try (result["workers"]?.array ?? []).map { try WorkerView(document: $0) }
                let table = WorkerTable(workers, now: Int64(Date().timeIntervalSince1970))
                CommandLog.printLine(table.lines.joined(separator: "\n"))
            }
        }
    }

    struct Want: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change how many workers are wanted.",
            discussion: "More are advertised at once; fewer are told to leave, first those that have done the least.")

        @Argument(help: "How many, 0 to \(Advertisement.mostWanted).")
        var workers: Int

        @OptionGroup var session: SessionOptions

        @Flag(help: "Print one line of JSON.")
        var json = false

        func validate() throws {
            guard (0...Advertisement.mostWanted).contains(self.workers) else {
                throw ValidationError("expected 0 to \(Advertisement.mostWanted) workers, found \(self.workers)")
            }
        }

        func run() async throws {
            try await CommandError.reporting {
                let result = try await self.session.ask(.want(self.workers))
                let leaving = result["leaving"]?.array?.count ?? 0
                CommandLog.printLine(
                    self.json
                        ? result.text
                        : "\(self.workers) workers wanted\(leaving > 0 ? ", \(leaving) told to leave" : "")")
            }
        }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let workers finish what they do and leave.",
            discussion: "Others come in their place, unless fewer are wanted.")

        @OptionGroup var telling: TellingArguments

        func run() async throws {
            try await self.telling.tell { .drain($0) }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let workers end now.",
            discussion: "Others come in their place, unless fewer are wanted.")

        @OptionGroup var telling: TellingArguments

        func run() async throws {
            try await self.telling.tell { .stop($0) }
        }
    }

    struct Restart: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let workers start their daemons again.")

        @OptionGroup var telling: TellingArguments

        func run() async throws {
            try await self.telling.tell { .restart($0) }
        }
    }

    struct Logs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the end of a worker's daemon's log.")

        @Argument(help: "The worker's lease, as `workers list` shows it.")
        var lease: String

        @Option(name: [.long, .customShort("n")], help: "How many lines, 1 to \(AdminRequest.mostLogLines).")
        var lines = 50

        @OptionGroup var session: SessionOptions

        @Flag(help: "Print one line of JSON.")
        var json = false

        func validate() throws {
            guard (1...AdminRequest.mostLogLines).contains(self.lines) else {
                throw ValidationError("expected 1 to \(AdminRequest.mostLogLines) lines, found \(self.lines)")
            }
        }

        func run() async throws {
            try await CommandError.reporting {
                let result = try await self.session.ask(
                    .logs(try LeaseID(parsing: self.lease), lines: self.lines))
                if self.json {
                    return CommandLog.printLine(result.text)
                }
                for line in result["lines"]?.array ?? [] {
                    CommandLog.printLine(PrintableText.line(line.string ?? ""))
                }
            }
        }
    }
}

/// Which workers are told something.
struct TellingArguments: ParsableArguments {
    @Argument(help: "The workers' leases, as `workers list` shows them.")
    var leases: [String] = []

    @Flag(help: "All workers.")
    var all = false

    @OptionGroup var session: SessionOptions

    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        guard self.all == self.leases.isEmpty else {
            throw ValidationError("expected leases or --all")
        }
    }

    func tell(_ request: (AdminRequest.Selection) -> AdminRequest) async throws {
        try await CommandError.reporting {
            let selection: AdminRequest.Selection =
                self.all ? .all : .leases(try self.leases.map { try LeaseID(parsing: $0) })
            let result = try await self.session.ask(request(selection))
            let unknown = (result["unknown"]?.array ?? []).compactMap(\.string)
            if self.json {
                CommandLog.printLine(result.text)
            } else {
                let count = result["told"]?.array?.count ?? 0
                CommandLog.printLine("\(count) \(count == 1 ? "worker" : "workers") told")
            }
            guard unknown.isEmpty else {
                throw CommandError(.noInput, "no such worker: \(unknown.joined(separator: ", "))")
            }
        }
    }
}

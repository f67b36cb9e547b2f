/// The shell script that a job runs: the same for every backend, but for what comes before it and how the job learns
/// its number.
package struct JobScript {
    private let job: JobRequest
    /// Lines of the backend's, right after the first.
    private let directives: [String]
    /// A shell word: a master's MasterJobId. `nil` where `alien-pod master` finds it in its environment.
    private let masterJobID: String?
    /// A shell word: a worker's number.
    private let workerNumber: String
    /// Whether the job works in the session's directory, else in one of its own where its inputs lie side by side.
    private let sharesFiles: Bool

    package init(
        job: JobRequest, directives: [String] = [], masterJobID: String? = nil, workerNumber: String = "\"$1\"",
        sharesFiles: Bool = true
    ) {
        self.job = job
        self.directives = directives
        self.masterJobID = masterJobID
        self.workerNumber = workerNumber
        self.sharesFiles = sharesFiles
    }

    package var text: String {
        ([["#!/bin/sh"], self.directives, self.preparation, self.prologue, self.run].flatMap { $0 }).map { $0 + "\n" }
            .joined()
    }

    private var preparation: [String] {
        let heading = "# The \(self.job.kind.rawValue) of PoD session \(self.job.session)."
        let place =
            self.sharesFiles
            ? ["cd \(Self.quoted(self.job.directory)) || exit 73"]
            : self.job.inputs.map(Self.put)
        return [heading, "umask 077"] + place
    }

    /// Puts an input file where it stands in the session's directory; who brought it may have made it readable to all.
    private static func put(_ input: String) -> String {
        let parts = input.split(separator: "/")
        let name = self.quoted(String(parts.last ?? ""))
        guard parts.count > 1 else { return "chmod 600 \(name) || exit 73" }
        let directory = self.quoted(parts.dropLast().joined(separator: "/"))
        return "chmod 600 \(name) && mkdir -p \(directory) && mv \(name) \(directory)/ || exit 73"
    }

    private var prologue: [String] {
        guard let prologue = self.job.resources.prologue else { return [] }
        return [prologue.hasSuffix("\n") ? String(prologue.dropLast()) : prologue]
    }

    private var run: [String] {
        switch self.job.kind {
        case .worker: ["exec " + self.command(["--directory", "\"$PWD/workers/\"\(self.workerNumber)"])]
        case .connection: ["exec " + self.command([])]
        case .master:
            if self.job.publisher.isEmpty {
                ["exec \(self.master)"]
            } else {
                self.masterAndPublisher
            }
        }
    }

    private var master: String { self.command(self.masterJobID.map { ["--job-id", $0] } ?? []) }

    /// - Parameter options: Right behind the command's name, for a recipe's command line takes what follows it.
    private func command(_ options: [String]) -> String {
        let words = self.job.arguments.map(Self.word)
        return (self.job.program.map(Self.word) + words.prefix(1) + options + words.dropFirst()).joined(separator: " ")
    }

    /// Both end with the job. A publisher that ends before the master is started again: without advertisements no
    /// JobAgent comes.
    private var masterAndPublisher: [String] {
        """
        rm -f status.json
        publish() {
            trap 'kill "$publisher" 2>/dev/null; exit' TERM
            while sleep 1; do
                [ -s status.json ] || continue
                \(self.job.publisher.map(Self.word).joined(separator: " ")) &
                publisher=$!
                wait "$publisher"
                sleep 4 &
                publisher=$!
                wait "$publisher"
            done
        }
        \(self.master) &
        master=$!
        publish &
        publishing=$!
        trap 'kill "$master" 2>/dev/null' TERM INT HUP
        while kill -0 "$master" 2>/dev/null; do
            wait "$master"
            status=$?
        done
        kill "$publishing" 2>/dev/null
        wait "$publishing"
        exit "$status"
        """.split(separator: "\n").map(String.init)
    }

    private static func word(_ word: JobWord) -> String {
        switch word {
        case .text(let text): self.quoted(text)
        case .file(let path): "\"$PWD\"/\(self.quoted(path))"
        }
    }

    /// One word for a shell, whatever is in it.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "_@%+=:,./-".utf8.contains(byte)
                }
            }
        return isPlain
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

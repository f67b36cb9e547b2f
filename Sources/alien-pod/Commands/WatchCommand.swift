import ArgumentParser
import Foundation
import MonALISARepository
import PoDCore
import PoDRendezvous

/// `alien-pod watch`: what the JobAgent's subroutine does, without a JobAgent.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Look for masters that want workers.",
        discussion: """
            Asks the repository every check period for the run time, until a master is found. Exit codes: 0 found; 64 a \
            wrong value; 69 none found, or the repository can't be asked; 73 the files can't be written.
            """)

    @Option(help: "Base URL of a MonALISA repository; when one of several fails, the next is asked.")
    var repository: [String] = []

    @Option(help: "The one master to look for, by its MasterJobId.")
    var jobID: String?

    @Option(help: "Seconds between checks, 1 to 3600.")
    var checkPeriod: String = "30"

    @Option(help: "Seconds that checking goes on, 0 to 86400; 0 = never check.")
    var runTime: String = "300"

    @Option(help: "Where server_info.cfg and server_info.json are written; nothing is written without it.")
    var directory: String?

    @Flag(help: "Look once, now.")
    var once = false

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "A public key in base64 whose tickets count; may be repeated.")
    var trustedKey: [String] = []

    @Option(help: "A file with such keys, one a line, instead; # begins a comment.")
    var trustedKeysFile: String?

    @Option(help: "The thumbprint of a key that counts no more; may be repeated.")
    var revoked: [String] = []

    @Flag(help: "Believe advertisements that are not signed, though anyone can send one.")
    var allowUnsigned = false

    func validate() throws {
        guard !self.repository.isEmpty else {
            throw ValidationError("expected --repository")
        }
    }

    func run() async throws {
        let watcher = Watcher()
        let found: ServerInfo?
        do throws(RendezvousError) {
            try self.configure(watcher)
            found = try self.watch(watcher)
        } catch {
            self.tell(watcher)
            throw CommandError(error.status, error.description).reported()
        }
        if self.json {
            print(MasterReport(watcher.listing, found: found).document.text)
        } else {
            self.printMasters(watcher.listing, found: found)
        }
        if found == nil {
            throw ExitCode(ExitStatus.unavailable.rawValue)
        }
    }

    private func configure(_ watcher: Watcher) throws(RendezvousError) {
        if self.allowUnsigned {
            CommandLog.complain("warning: advertisements are believed unsigned, and anyone can send one")
            try watcher.set("allow_unsigned", "1")
        }
        let lists = [
            ("repository", self.repository), ("trusted_key", self.trustedKey), ("revoked", self.revoked),
            ("trusted_keys_file", self.trustedKeysFile.map { [$0] } ?? []),
        ]
        for (name, values) in lists {
            for value in values {
                try watcher.set(name, value)
            }
        }
        try watcher.set("check_period", self.checkPeriod)
        try watcher.set("run_time", self.runTime)
        try watcher.set("master_job_id", self.jobID ?? "")
        if let directory {
            try watcher.set("directory", directory)
        }
    }

    private func watch(_ watcher: Watcher) throws(RendezvousError) -> ServerInfo? {
        try watcher.begin(once: self.once)
        while true {
            let step = try watcher.step()
            self.tell(watcher)
            switch step {
            case .found(let found): return found
            case .end: return nil
            case .wait(let wait): Poll.wait(wait)
            }
        }
    }

    private func tell(_ watcher: Watcher) {
        while let report = watcher.nextReport() {
            CommandLog.complain(report)
        }
    }

    private func printMasters(_ listing: MasterListing?, found: ServerInfo?) {
        for index in 0..<(listing?.count ?? 0) {
            guard let listing, let master = listing.master(at: index) else { continue }
            let mark = found != nil && index == listing.chosenIndex ? "*" : " "
            print(
                "\(mark) master \(master.masterJobID) at \(master.address) wants \(master.wanted) workers, "
                    + "\(listing.age(of: master)) s old, farm \(ValueError.quoted(master.farm)), "
                    + master.sessionProtocol.rawValue)
        }
        if found == nil {
            print("no master wants workers")
        }
    }
}

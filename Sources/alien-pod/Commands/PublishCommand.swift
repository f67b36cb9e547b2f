import ArgumentParser
import Foundation
import PoDCore
import PoDRendezvous

/// `alien-pod publish`: what the Perl publisher does, without Perl.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Advertise a master through MonALISA.",
        discussion: """
            Sends an advertisement each period, or with --status-file what the master says, until the master is gone. \
            Exit codes: 0 the master is gone, or done with --once; 64 a wrong value; 69 no destination could be reached.
            """)

    @Option(help: "The MasterJobId: ALIEN_PROC_ID in the master's job.")
    var jobID: String?

    @Option(help: "Where workers connect, as HOST:PORT.")
    var address: String?

    @Option(help: "A MonALISA service as HOST[:PORT], or an ApMon configuration file or URL; may be repeated.")
    var destination: [String] = []

    @Option(help: "How many workers are wanted.")
    var workers: String = "1"

    @Option(help: "Seconds between advertisements, 1 to 25.")
    var period: String = "20"

    @Flag(help: "Send one advertisement and end.")
    var once = false

    @Option(help: "A master's status file: what to send comes from there.")
    var statusFile: String?

    func validate() throws {
        guard self.statusFile != nil || (self.jobID != nil && self.address != nil) else {
            throw ValidationError("expected --job-id and --address, or --status-file")
        }
        guard !self.destination.isEmpty || ProcessInfo.processInfo.environment["APMON_CONFIG"] != nil else {
            throw ValidationError("expected --destination, or APMON_CONFIG in the environment")
        }
    }

    func run() async throws {
        do throws(RendezvousError) {
            try self.publish()
        } catch {
            throw CommandError(error.status, error.description).reported()
        }
    }

    private func publish() throws(RendezvousError) {
        let publisher = Publisher()
        let fallback = ProcessInfo.processInfo.environment["APMON_CONFIG"].map { [$0] } ?? []
        for destination in self.destination.isEmpty ? fallback : self.destination {
            try publisher.settings.set("destination", destination)
        }
        try publisher.settings.set("period", self.period)
        if let statusFile {
            try publisher.settings.set("status_file", statusFile)
        } else {
            try publisher.settings.set("master_job_id", self.jobID ?? "")
            try publisher.settings.set("address", self.address ?? "")
            try publisher.settings.set("wanted", self.workers)
        }
        preparing: while true {
            switch try publisher.prepare() {
            case .ready: break preparing
            case .wait(let wait): Poll.wait(wait)
            }
        }
        if self.once {
            let datagrams = try publisher.publish()
            self.tell(publisher)
            print("\(datagrams) datagrams sent")
            return
        }
        while true {
            let step = try publisher.step()
            self.tell(publisher)
            switch step {
            case .wait(let wait): Poll.wait(wait)
            case .end(let reason):
                print(reason)
                return
            }
        }
    }

    private func tell(_ publisher: Publisher) {
        while let report = publisher.nextReport() {
            CommandLog.complain(report)
        }
    }
}

import AliEnSite
import Foundation
import PoDTestKit

/// A session's directory with a key, and jobs of it.
struct GridSession {
    let directory: URL

    static let key = "a key that nobody may read"
    static let templates = AliEnDirectory.schemaFile.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("jdl").path

    init(in directory: URL) throws {
        self.directory = directory
        let state = directory.appendingPathComponent("state")
        try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
        try Data(Self.key.utf8).write(to: state.appendingPathComponent("session-key.pem"))
        // Instead of alien-pod: shows what the job was given.
        let run = """
            echo "arguments $*"
            stat -c 'mode %a' state/session-key.pem
            cat state/session-key.pem

            """
        try Data(run.utf8).write(to: directory.appendingPathComponent("run.sh"))
    }

    func request(
        _ kind: JobKind = .worker, numbers: ClosedRange<Int> = 1...1, directives: [String] = [],
        _ change: (inout JobResources) -> Void = { _ in }
    ) -> JobRequest {
        var resources = JobResources()
        resources.directives = directives
        change(&resources)
        return JobRequest(
            kind: kind, session: "my-new.session", directory: self.directory.path, program: ["/bin/sh"],
            arguments: [.file("run.sh"), "last"], numbers: numbers, inputs: ["state/session-key.pem", "run.sh"],
            resources: resources)
    }
}

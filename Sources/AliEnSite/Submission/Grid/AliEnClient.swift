import PoDCore
import PoDRecipes

/// `alien`, the Perl client of AliEn v2-19 to v2-21. Its commands are those of its shell, read from a file (`alien login
/// -file`): one login for all of them, and no word of theirs passes a shell.
///
/// Its exit code says nothing of them, so that each is believed only when its words, or the catalogue, say that it was done.
struct AliEnClient: GridClient {
    let program: String
    let knowsCores = false

    func checkCredentials() async throws(SiteError) {
        let outcome = try await BatchCommand.outcome(of: [self.program, "proxy-info", "-exists"], of: "AliEn")
        guard outcome.hasSucceeded else {
            throw SiteError(.noPermission, "\(self.program): no valid proxy; `alien proxy-init` makes one")
        }
    }

    func home() async throws(SiteError) -> String {
        let output = try await self.run(["pwd"])[0]
        guard let path = AliEnOutput.currentPath(in: output) else {
            throw SiteError(.data, "\(self.program) pwd: expected Current path is: PATH, found \(Self.end(of: output))")
        }
        return path
    }

    func upload(_ files: [GridFile], to directory: String) async throws(SiteError) {
        let copies = files.flatMap { ["add \($0.path) \($0.source)", "chmod \(GridFile.mode) \($0.path)"] }
        let looks = files.map { "stat \($0.path)" }
        let outputs = try await self.run(
            ["mkdir -p \(directory)", "chmod \(GridFile.directoryMode) \(directory)"] + copies + looks)
        for (file, output) in zip(files, outputs.suffix(files.count)) {
            let entry = AliEnOutput.entry(in: output)
            do throws(SiteError) {
                try file.check(mode: entry?.mode, size: entry?.size)
            } catch {
                let said = Self.end(of: outputs.dropLast(files.count).joined())
                throw SiteError(error.status, "\(error); \(self.program) said: \(said)")
            }
        }
    }

    func remove(_ directory: String) async throws(SiteError) {
        _ = try await self.run(["rmdir -r \(directory)"])
    }

    func submit(_ path: String) async throws(SiteError) -> String {
        let output = try await self.run(["submit \(path)"])[0]
        guard let id = AliEnOutput.submittedJob(in: output) else {
            throw SiteError(.unavailable, "\(self.program) submit: refused: \(Self.end(of: output))")
        }
        return id
    }

    func entries(of jobs: [String]) async throws(SiteError) -> [GridQueueEntry] {
        // Several ids in one ps are those that all hold. -A: in any state; -S: parts of split jobs, too.
        let outputs = try await self.run(jobs.map { "ps -A -S -id=\($0)" })
        return zip(jobs, outputs).flatMap { AliEnOutput.queue(of: $0, in: $1) }
    }

    func kill(_ job: String) async throws(SiteError) {
        let output = try await self.run(["kill \(job)"])[0]
        guard AliEnOutput.isKilled(job, in: output) else {
            throw SiteError(.unavailable, "\(self.program) kill: \(Self.end(of: output))")
        }
    }

    // MARK: - The command

    /// - Returns: What each command printed.
    /// - Throws: ``SiteError`` where AliEn did not come as far as to the last.
    private func run(_ commands: [String]) async throws(SiteError) -> [String] {
        let text = commands.map { $0 + "\n" }.joined()
        let outcome = try await GridCommandFile.with(text) { path throws(SiteError) in
            try await BatchCommand.outcome(of: [self.program, "login", "-file", path], of: "AliEn")
        }
        let outputs = AliEnOutput.parts(of: outcome.output, by: commands)
        guard outcome.hasSucceeded, outputs.count == commands.count else {
            throw SiteError(.unavailable, outcome.ending)
        }
        return outputs
    }

    /// The last of what was said, for an error's line.
    private static func end(of output: String) -> String {
        output.split(whereSeparator: \.isNewline).suffix(3).map { BackendMessage.line($0) }.joined(separator: "; ")
    }
}

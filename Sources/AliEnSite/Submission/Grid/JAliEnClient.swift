import PoDCore
import PoDRecipes

/// `alien.py` (PyPI: `alienpy`), which talks to JAliEn's central services.
struct JAliEnClient: GridClient {
    let program: String
    let knowsCores = true

    /// Asks for a token and not for a certificate: a certificate's key has a passphrase, and nobody may be there to type it.
    func checkCredentials() async throws(SiteError) {
        let outcome = try await self.outcome(["token-info"])
        guard outcome.hasSucceeded else {
            throw SiteError(
                .noPermission, "\(self.program): no valid token; `alien.py token-init` gets one for your certificate")
        }
    }

    func home() async throws(SiteError) -> String {
        let outcome = try await self.outcome(["home"])
        guard outcome.hasSucceeded, let line = outcome.output.split(whereSeparator: \.isNewline).last,
            line.hasPrefix("/"), line.count > 1
        else {
            throw SiteError(.unavailable, outcome.ending)
        }
        return String(line.hasSuffix("/") ? line.dropLast() : line)
    }

    /// A file is its owner's alone as soon as it was registered, and not before: there is no other way. Its directory's
    /// name is not guessed in that moment.
    func upload(_ files: [GridFile], to directory: String) async throws(SiteError) {
        try await self.ask(["mkdir", "-p", directory])
        try await self.ask(["chmod", GridFile.directoryMode, directory])
        try await self.copy(files)
        try await self.ask(["chmod", GridFile.mode] + files.map(\.path))
        let entries = try await self.ask(["stat"] + files.map(\.path))
        for file in files {
            let entry = entries.first { $0["lfn"]?.string == file.path }
            try file.check(mode: entry?["perm"]?.string, size: entry?["size"]?.string.flatMap { Int64($0) })
        }
    }

    /// All at once. It succeeds where one of the copies does, so that its success says little.
    private func copy(_ files: [GridFile]) async throws(SiteError) {
        let pairs = files.map { "file:\($0.source) \($0.path)\n" }.joined()
        let outcome = try await GridCommandFile.with(pairs) { path throws(SiteError) in
            try await self.outcome(["cp", "-input", path])
        }
        guard outcome.hasSucceeded else { throw SiteError(.unavailable, outcome.ending) }
    }

    func remove(_ directory: String) async throws(SiteError) {
        do throws(SiteError) {
            try await self.ask(["rm", "-r", directory])
        } catch {
            guard error.status == .noInput else { throw error }
        }
    }

    func submit(_ path: String) async throws(SiteError) -> String {
        let results = try await self.ask(["submit", path])
        guard let id = results.lazy.compactMap({ $0["jobId"]?.string }).first, Int64(id) != nil else {
            throw SiteError(.data, "\(self.program) submit: expected a jobId, found none")
        }
        return id
    }

    func entries(of jobs: [String]) async throws(SiteError) -> [GridQueueEntry] {
        let own = try await self.queue("-j", jobs)
        let split = own.filter { $0.state == "SPLIT" }.map(\.id)
        return split.isEmpty ? own : own + (try await self.queue("-m", split))
    }

    private func queue(_ option: String, _ jobs: [String]) async throws(SiteError) -> [GridQueueEntry] {
        JAliEnAnswer.queue(in: try await self.ask(["ps", option, jobs.joined(separator: ",")]))
    }

    func kill(_ job: String) async throws(SiteError) {
        // It says nothing at all of a job that it does not know.
        for result in try await self.ask(["kill", job]) where result["status"]?.string ?? "killed" != "killed" {
            let message = BackendMessage.line(result["message"]?.string ?? job)
            throw SiteError(.noPermission, "\(self.program) kill: \(message)")
        }
    }

    // MARK: - The command

    /// - Returns: The results of the answer, each an object.
    /// - Throws: ``SiteError`` with the service's words where it refuses.
    @discardableResult
    private func ask(_ command: [String]) async throws(SiteError) -> [JSONValue] {
        let outcome = try await self.outcome(["-json"] + command)
        return try JAliEnAnswer.results(in: outcome.output, of: "\(self.program) \(command[0])", else: outcome.ending)
    }

    private func outcome(_ command: [String]) async throws(SiteError) -> ShortCommand.Outcome {
        try await BatchCommand.outcome(of: [self.program] + command, of: "JAliEn (alienpy)")
    }
}

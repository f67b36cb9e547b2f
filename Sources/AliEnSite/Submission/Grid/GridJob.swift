import PoDCore

/// A job as the grid gets it: the text of its description, and the files that stand beside it in the catalogue.
///
/// The description says nothing that others may not read: any user of the grid can see it.
struct GridJob {
    /// The description's text.
    let text: String
    /// The description first, then the script that the job runs, then its inputs.
    let files: [GridFile]
    /// The text of the script.
    let script: String

    /// - Parameters:
    ///   - directory: Of the catalogue, with this job's files and nothing else.
    ///   - knowsCores: Whether the grid takes processor cores.
    /// - Throws: ``SiteError`` with ``ExitStatus/usage`` or ``ExitStatus/data`` for what can't be said.
    init(_ job: JobRequest, template: JDL, directory: String, knowsCores: Bool) throws(SiteError) {
        let resources = job.resources
        try resources.check()
        let sources = [job.descriptionPath, job.scriptPath] + job.inputs.map { "\(job.directory)/\($0)" }
        let names = sources.map { String($0.split(separator: "/").last ?? "") }
        // AliEn would put the second of a name elsewhere.
        guard Set(names).count == names.count else {
            throw SiteError(.software, "inputs of \(job.kind.rawValue): two of one name in \(names)")
        }
        self.files = zip(sources, names).map { GridFile(source: $0, path: "\(directory)/\($1)") }
        for file in self.files {
            try file.check()
        }
        var description = JobDescription(template: template)
        try description.setExecutable(self.files[1].path)
        let inputs = self.files.dropFirst(2)
        if !inputs.isEmpty { try description.setInputFiles(inputs.map(\.path)) }
        if job.numbers.count > 1 { try description.setCount(job.numbers.count) }
        if let queue = resources.queue { try description.setComputingElement(queue) }
        if let time = resources.time { try description.setTTL(Int64(time)) }
        if let memory = resources.memory { try description.setMemory(memory) }
        if let cores = resources.cores, knowsCores { try description.setCores(cores) }
        for directive in resources.directives {
            try description.add(directive)
        }
        self.text = description.jdl.text
        // Both count jobs by themselves, a master's MasterJobId among them.
        self.script = JobScript(job: job, workerNumber: "\"$ALIEN_PROC_ID\"", sharesFiles: false).text
    }
}

extension JobRequest {
    /// The path of the grid's description of the job, beside its script.
    var descriptionPath: String { "\(self.scriptPath.dropLast(".sh".count)).jdl" }
}

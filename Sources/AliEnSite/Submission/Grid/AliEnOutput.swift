/// What AliEn's Perl client prints: lines of its log, which begin with a date, and words of the server, which are not even
/// parted by a line break from what follows.
package enum AliEnOutput {
    /// What each command of a file printed, as far as they were executed (scripts/Prompt.pl).
    package static func parts(of output: String, by commands: [String]) -> [String] {
        var parts: [String] = []
        var rest = output[...]
        for (index, command) in commands.enumerated() {
            guard let start = rest.firstRange(of: "Executing '\(command)' ...\n") else { break }
            if index > 0 { parts.append(String(rest[..<start.lowerBound])) }
            rest = rest[start.upperBound...]
            if index == commands.count - 1 { parts.append(String(rest)) }
        }
        return parts
    }

    /// Of `pwd` (AliEn::Catalogue::f_pwd).
    package static func currentPath(in text: String) -> String? {
        guard let path = text.firstMatch(of: /Current path is: (\/[^\s]+)/)?.1 else { return nil }
        return String(path.hasSuffix("/") ? path.dropLast() : path)
    }

    /// Of `stat` (AliEn::Catalogue::f_stat): `File /x/y Type: f  Perm: 600 Size: 12`.
    package static func entry(in text: String) -> (mode: String, size: Int64)? {
        guard let match = text.firstMatch(of: /Perm: ([0-7]+) Size: ([0-9]+)/), let size = Int64(match.2) else {
            return nil
        }
        return (String(match.1), size)
    }

    /// Of `submit` (AliEn::CE::submitCommand): `Command submitted (job 123)!!`.
    package static func submittedJob(in text: String) -> String? {
        text.firstMatch(of: /Command submitted \(job ([0-9]+)\)/).map { String($0.1) }
    }

    /// Of `kill` (AliEn::CE::f_kill).
    package static func isKilled(_ job: String, in text: String) -> Bool {
        text.contains("Process \(job) killed")
    }

    /// Of `ps` (AliEn::CE::f_ps): user, id, state, then two blanks and more. The id of a part of a split job has `-`
    /// before it.
    package static func queue(of job: String, in text: String) -> [GridQueueEntry] {
        text.matches(of: /(?:^|\s)(-?)([0-9]+) +([A-Za-z_]+) {2}/).compactMap { match in
            let id = String(match.2)
            let isPart = !match.1.isEmpty
            guard isPart || id == job else { return nil }
            return GridQueueEntry(
                id: id, state: TaskQueueState.name(ofLetters: String(match.3)), parent: isPart ? job : nil)
        }
    }
}

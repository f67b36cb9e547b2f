package import PoDCore

/// What JAliEn's central services answer, as `alien.py -json` prints it:
/// `{"metadata": {"exitcode": "0", "error": "", …}, "results": [{…}, …]}`.
package enum JAliEnAnswer {
    /// - Parameters:
    ///   - output: What was printed.
    ///   - command: For errors.
    ///   - ending: What is known where there is no answer.
    /// - Throws: ``SiteError`` with ``ExitStatus/noInput`` for something that is not there, with ``ExitStatus/unavailable``
    ///   where the service refuses otherwise, or said nothing that we know.
    package static func results(
        in output: String, of command: String, else ending: String
    ) throws(SiteError) -> [JSONValue] {
        guard let answer = try? JSONValue(parsing: Array(output.utf8)), let metadata = answer["metadata"],
            let results = answer["results"]?.array
        else {
            throw SiteError(.unavailable, ending)
        }
        // Of older services a number.
        let exitCode = metadata["exitcode"]?.string ?? metadata["exitcode"]?.integer.map(String.init)
        guard exitCode == "0" else {
            let error = BackendMessage.line(metadata["error"]?.string ?? "")
            let isMissing = exitCode == "2"  // ENOENT
            throw SiteError(
                isMissing ? .noInput : .unavailable, "\(command): code \(exitCode ?? "?"): \(error)")
        }
        return results
    }

    /// Of `ps`. Only ids are let through: the next command is given those of parts.
    package static func queue(in results: [JSONValue]) -> [GridQueueEntry] {
        results.compactMap { entry in
            guard let id = entry["id"]?.string, Int64(id) != nil, let state = entry["status"]?.string else {
                return nil
            }
            let parent = entry["split"]?.string
            return GridQueueEntry(id: id, state: state, parent: parent == "0" ? nil : parent)
        }
    }
}

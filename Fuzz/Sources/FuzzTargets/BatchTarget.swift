import PoDCore

@testable import AliEnSite

extension FuzzTarget {
    static let batch = FuzzTarget(
        name: "batch", about: "what the commands of Slurm, HTCondor, AliEn and JAliEn print"
    ) { bytes in
        let output = String(decoding: bytes, as: UTF8.self)
        Self.check(SlurmQueue.states(in: output))

        if let ids = HTCondorQueue.ids(inTerse: output) {
            for id in [ids.first, ids.last] {
                Promise.isPlain(id ?? "", "a job's id")
            }
        }
        Self.quoted { Self.check(try HTCondorQueue.states(in: output, of: "condor_q")) }

        for part in AliEnOutput.parts(of: output, by: ["a", "b"]) {
            Promise.holds(output.contains(part), "a part is of the whole")
        }
        Promise.holds(AliEnOutput.currentPath(in: output)?.hasPrefix("/") ?? true, "a path is absolute")
        Promise.holds(AliEnOutput.entry(in: output)?.size ?? 0 >= 0, "a size is none below 0")
        Promise.isPlain(AliEnOutput.submittedJob(in: output) ?? "", "a job's id")
        let entries = AliEnOutput.queue(of: "12", in: output)
        Promise.holds(entries.allSatisfy { $0.id == "12" || $0.parent == "12" }, "only what was asked for is told")
        Self.check(GridQueueEntry.states(of: ["12"], in: entries))

        Self.quoted {
            let results = try JAliEnAnswer.results(in: output, of: "alien.py ps", else: "no answer")
            let entries = JAliEnAnswer.queue(in: results)
            for entry in entries {
                Promise.holds(Int64(entry.id) != nil, "the id of a part, which the next command names, is a number")
            }
            Self.check(GridQueueEntry.states(of: entries.map(\.id), in: entries))
        }
    }

    private static func check(_ states: [String: JobState]) {
        for state in states.values {
            switch state {
            case .waiting(let reason), .ended(let reason): Promise.isOneLine(reason ?? "", "a reason")
            case .running: break
            }
        }
    }

    /// What one reader refuses is for the next.
    private static func quoted(_ read: () throws -> Void) {
        do {
            try read()
        } catch {
            Promise.isOneLine("\(error)", "the error")
        }
    }
}

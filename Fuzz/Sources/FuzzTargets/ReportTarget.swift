import PoDCore
import PoDSession

extension FuzzTarget {
    /// A master's answer, which tells what workers said, as `alien-pod status` and `alien-pod workers` print it.
    static let report = FuzzTarget(name: "report", about: "a master's answers, as they are printed") { bytes in
        let now: Int64 = 1_700_000_000
        let answer = try AdminAnswer(document: try JSONValue(parsing: bytes))
        Promise.areEqual(answer, try? AdminAnswer(document: answer.document), "an answer")
        guard case .done(let result) = answer else { return }
        for line in SessionReport(result, isAlive: true, problem: nil).lines(now: now) {
            Promise.isOneLine(line, "a line of the report")
        }
        var workers: [WorkerView] = []
        for document in result["workers"]?.array ?? [] {
            let worker = try WorkerView(document: document)
            Promise.areEqual(worker, try? WorkerView(document: worker.document), "a worker")
            workers.append(worker)
        }
        for line in WorkerTable(workers, now: now).lines {
            Promise.isOneLine(line, "a line of the table")
        }
    }
}

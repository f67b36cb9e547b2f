import PoDCore
import PoDRecipes
import PoDRendezvous

/// What the user asks of a running master.
extension MasterSession {
    /// How long a worker has to answer what it is asked.
    private static let workerLimit: Duration = .seconds(10)

    func answer(_ request: AdminRequest) async -> AdminAnswer {
        switch request {
        case .status:
            return .session(SessionView(status: self.status, startedAt: self.startedAt, problems: self.problems))
        case .list:
            return .workers(self.workerViews)
        case .want(let workers):
            return self.want(workers)
        case .drain(let selection):
            return self.release(selection, finishing: true)
        case .stop(let selection):
            return self.release(selection, finishing: false)
        case .restart(let selection):
            let (known, unknown) = self.split(selection)
            for lease in known {
                self.perform(self.machine.tell(.restart, lease))
            }
            return .told(known, unknown: unknown)
        case .logs(let lease, let lines):
            guard self.machine.knows(lease) else {
                return .failed(.noInput, reason: "lease \(lease): not one of this master's")
            }
            guard let answer = await self.log(of: lease, lines: lines) else {
                return .failed(.temporary, reason: "worker \(lease) does not answer")
            }
            return .log(lease, lines: answer)
        }
    }

    private func want(_ workers: Int) -> AdminAnswer {
        if let most = self.machine.ticket?.mostWorkers, workers > most {
            return .failed(.noPermission, reason: "the session's ticket is for at most \(most) workers")
        }
        do throws(SessionError) {
            try self.journal?.append([.wanted(workers)])
        } catch {
            return .failed(error.status, reason: error.description)
        }
        let now = MonotonicClock.now
        self.limits.used(at: now)
        let (leaving, outputs) = self.machine.want(workers, at: now)
        self.perform(outputs)
        return .wanted(workers, leaving: leaving)
    }

    private func release(_ selection: AdminRequest.Selection, finishing: Bool) -> AdminAnswer {
        let (known, unknown) = self.split(selection)
        let (leaving, outputs) = self.machine.release(known, finishing: finishing, at: MonotonicClock.now)
        self.perform(outputs)
        return .told(leaving, unknown: unknown)
    }

    private func split(_ selection: AdminRequest.Selection) -> (known: [LeaseID], unknown: [LeaseID]) {
        switch selection {
        case .all: (self.machine.leases.map(\.lease.id), [])
        case .leases(let leases):
            (leases.filter { self.machine.knows($0) }, leases.filter { !self.machine.knows($0) })
        }
    }

    /// - Returns: `nil` when the worker doesn't answer.
    private func log(of lease: LeaseID, lines: Int) async -> [String]? {
        let request = self.nextRequest
        self.nextRequest += 1
        let question = self.machine.tell(.logs(request: request, lines: lines), lease)
        guard !question.isEmpty else { return nil }
        let (answers, source) = AsyncStream<[String]>.makeStream()
        self.questions.updateValue(Question(lease: lease, answers: source), forKey: request)
        self.perform(question)
        let timeout = Task {
            try? await Task.sleep(for: Self.workerLimit)
            source.finish()
        }
        defer {
            timeout.cancel()
            self.questions.removeValue(forKey: request)
        }
        return await answers.first { _ in true }
    }

    private var workerViews: [WorkerView] {
        // Instants to seconds since 1970.
        let (now, wall) = (MonotonicClock.now, MonotonicClock.millisecondsSince1970 / 1000)
        return self.machine.leases.map { lease, worker, isLeaving in
            let since = worker.map { wall - now.duration(since: $0.since).components.seconds } ?? wall
            var view = WorkerView(
                lease: lease.id, host: worker?.host ?? "", processID: worker?.pid ?? 0,
                state: Self.state(of: lease, worker, isLeaving: isLeaving), since: since)
            view.isForwarded = self.machine.isForwarded(lease.id)
            view.load = worker?.health?.load
            view.residentBytes = worker?.health?.residentBytes
            view.daemon = worker?.health?.daemon
            view.restarts = worker?.health?.restarts ?? 0
            view.reason = worker?.absence ?? worker?.health?.reason
            view.versions = worker?.registration?.versions.values ?? [:]
            return view
        }
    }

    private static func state(
        of lease: Lease, _ worker: MasterMachine.Worker?, isLeaving: Bool
    ) -> WorkerView.State {
        if isLeaving { return .leaving }
        switch lease.state {
        case .granted: return worker?.health == nil ? .granted : .starting
        case .registered: return .registered
        case .away, .lapsed: return .away
        }
    }
}

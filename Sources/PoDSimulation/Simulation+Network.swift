import PoDCore

/// The network between workers and masters, and the way of a datagram into the repository.
extension Simulation {
    // MARK: - Connections

    mutating func connect(_ worker: Int) {
        let id = self.connections.count
        // Whoever took over the port answers at the address.
        var process = self.workers[worker].process
        while !self.masters[process].isAlive, let successor = self.masters[process].successor {
            process = successor
        }
        self.connections.append(SimulatedConnection(worker: worker, process: process))
        if let old = self.workers[worker].connection {
            self.closeAtWorker(old)
        }
        self.workers[worker].connection = id
        self.note(.workerConnects, worker, id, "to master \(process)")
        self.queue.add(.connectArrives(id), at: self.now.advanced(by: self.delay()))
    }

    mutating func connectArrives(_ id: Int) {
        let process = self.connections[id].process
        let isOpen = self.masters[process].isAlive
        if isOpen {
            self.connections[id].isOpenAtMaster = true
            self.masters[process].connections.append(id)
        }
        self.queue.add(.connectAnswered(id, isOpen: isOpen), at: self.now.advanced(by: self.delay()))
    }

    mutating func connectAnswered(_ id: Int, isOpen: Bool) {
        let worker = self.connections[id].worker
        guard self.workers[worker].isAlive, self.workers[worker].connection == id else {
            if isOpen {
                self.connections[id].isOpenAtWorker = true
                self.closeAtWorker(id)
            }
            return
        }
        guard isOpen else {
            return self.tell(worker, .disconnected(reason: "connection refused"))
        }
        self.connections[id].isOpenAtWorker = true
        self.tell(worker, .connected)
    }

    mutating func sendToMaster(_ message: Message, _ worker: Int) {
        guard let id = self.workers[worker].connection, self.connections[id].isOpenAtWorker else { return }
        guard !self.connections[id].isDead else { return }
        self.connections[id].lastAtMaster = self.arrival(
            after: self.connections[id].lastAtMaster, cutUntil: self.connections[id].cutToMaster)
        self.queue.add(.toMaster(connection: id, message), at: self.connections[id].lastAtMaster)
    }

    mutating func sendToWorker(_ message: Message, on id: Int) {
        guard self.connections[id].isOpenAtMaster, !self.connections[id].isDead else { return }
        self.connections[id].lastAtWorker = self.arrival(
            after: self.connections[id].lastAtWorker, cutUntil: self.connections[id].cutToWorker)
        self.queue.add(.toWorker(connection: id, message), at: self.connections[id].lastAtWorker)
    }

    mutating func workerReceives(_ message: Message, on id: Int) {
        let worker = self.connections[id].worker
        guard self.connections[id].isOpenAtWorker, self.workers[worker].connection == id else { return }
        if message.endsWorker {
            self.queue.add(.endIsDue(worker: worker), at: self.now.advanced(by: Oracle.longestEnd))
        }
        switch message {
        case .lease(let lease): self.tell(worker, .leased(lease))
        case .refused(let reason): self.tell(worker, .refused(reason, reason: "\(reason)"))
        case .registered: self.tell(worker, .registered)
        case .acknowledged: self.tell(worker, .acknowledged)
        case .leaseLost: self.tell(worker, .leaseLost)
        case .stop: self.tell(worker, .stopRequested(reason: "the master wants it"))
        case .claim, .register, .heartbeat, .bye: break
        }
    }

    /// The worker's side closes: the master sees it after what was sent before.
    mutating func closeAtWorker(_ id: Int) {
        guard self.connections[id].isOpenAtWorker else { return }
        self.connections[id].isOpenAtWorker = false
        guard !self.connections[id].isDead else { return }
        self.connections[id].lastAtMaster = self.arrival(
            after: self.connections[id].lastAtMaster, cutUntil: self.connections[id].cutToMaster)
        self.queue.add(.closedAtMaster(connection: id), at: self.connections[id].lastAtMaster)
    }

    /// The master's side closes.
    mutating func closeAtMaster(_ id: Int) {
        guard self.connections[id].isOpenAtMaster else { return }
        self.connections[id].isOpenAtMaster = false
        self.masters[self.connections[id].process].connections.removeAll { $0 == id }
        guard !self.connections[id].isDead else { return }
        self.connections[id].lastAtWorker = self.arrival(
            after: self.connections[id].lastAtWorker, cutUntil: self.connections[id].cutToWorker)
        self.queue.add(.closedAtWorker(connection: id), at: self.connections[id].lastAtWorker)
    }

    mutating func closedAtWorker(_ id: Int) {
        guard self.connections[id].isOpenAtWorker else { return }
        self.connections[id].isOpenAtWorker = false
        let worker = self.connections[id].worker
        guard self.workers[worker].connection == id else { return }
        self.tell(worker, .disconnected(reason: "the master closed the connection"))
    }

    private mutating func arrival(after last: Instant, cutUntil: Instant) -> Instant {
        max(last, self.now.advanced(by: self.delay()), cutUntil)
    }

    private mutating func delay() -> Duration {
        let usual: Duration = .milliseconds(10) + self.networkChance.upTo(.milliseconds(40))
        return self.faultChance.happens(self.faults.late) ? usual + self.faultChance.upTo(.seconds(3)) : usual
    }

    // MARK: - Datagrams

    mutating func publish(_ advertised: Advertised) {
        self.report.datagrams += 1
        self.firstAdvertisement = self.firstAdvertisement ?? self.now
        for farm in 0..<self.settings.farms {
            if self.networkChance.happens(self.faults.loss) {
                self.note(.lost, advertised.process, Int(truncatingIfNeeded: advertised.order.sequence))
                continue
            }
            for _ in 0..<(self.faultChance.happens(self.faults.duplicate) ? 2 : 1) {
                var delay: Duration = .milliseconds(20)
                if self.faultChance.happens(self.faults.late) {
                    delay += self.faultChance.upTo(.seconds(30))
                }
                self.queue.add(.datagram(farm: farm, advertised), at: self.now.advanced(by: delay))
            }
        }
    }

    /// The receiver stamps all parameters with one time; each becomes visible by itself.
    mutating func datagramArrives(_ advertised: Advertised, farm: Int) {
        for parameter in MonitoredValue.Parameter.allCases {
            if parameter == .address, advertised.wanted == 0 { continue }
            if parameter == .share, advertised.wanted == 0 { continue }
            var lag = self.settings.lag
            if self.faultChance.happens(self.faults.apart) {
                lag += self.faultChance.upTo(.seconds(10))
            }
            let value = MonitoredValue(parameter: parameter, advertised: advertised, stamp: self.now)
            self.queue.add(.visible(farm: farm, value), at: self.now.advanced(by: lag))
        }
    }
}
